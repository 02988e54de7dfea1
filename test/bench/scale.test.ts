// The short form of `npm run bench:scale`: the real command, a server and worker of its own, enough shards for child workflows.
// What it measures is not asserted, that it measures is.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { finish } from '../e2e/command.ts';

const PROGRAM = resolve(import.meta.dirname, '../../dist/bench/scale/main.js');
const ROWS = ['overhead', 'rate', 'memory', 'completes', 'events', 'history'];

it('measures 330 shards, writes its table, and every unit was computed once', async () => {
  const out = await mkdtemp(join(tmpdir(), 'tstar-bench-'));
  try {
    const child = spawn(process.execPath, [PROGRAM, '--shards', '330', '--out', out], { stdio: ['ignore', 'pipe', 'pipe'] });
    const { stdout, stderr } = await finish(child);
    const { rows, runs } = JSON.parse(await readFile(join(out, 'scale.json'), 'utf8').catch(() => Promise.reject(new Error(stderr))));
    expect(rows.map(({ id }: { id: string }) => id)).toEqual(ROWS);
    for (const { id, value } of rows) expect(value, id).toEqual(expect.toSatisfy((number: unknown) => Number.isFinite(number)));
    expect(rows.find(({ id }: { id: string }) => id === 'completes').met, stderr).toBe(true);
    // The run itself and its two slices of shards.
    expect(runs.at(-1)).toMatchObject({ status: 'done', shards: 330, computed: 330, histories: 3 });
    expect(await readFile(join(out, 'scale.md'), 'utf8')).toBe(stdout);
  } finally {
    await rm(out, { recursive: true, force: true });
  }
});
