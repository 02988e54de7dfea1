// `tstar plan` as a user types it: exit codes, prices from what ran before, Markdown.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addPrices, timesPrice, unitPrice } from '../../activities/unit-price.ts';
import type { Manifest } from '../../artifacts/manifest.ts';
import type { PlanNode } from '../../pipelines/plan.ts';
import { makeManifest } from '../artifacts/store.contract.ts';
import { makeProject, type Project } from '../e2e/command.ts';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import { makeStoredRun, SMALL_STUDY } from './stored-run.ts';

describe('a price', () => {
  const node = { step: 'noise', queue: 'tstar', params: {}, identity: {} } as unknown as PlanNode;
  const output = { type: 't', format: 'json' as const, digest: makeManifest('x').key as never, sizeBytes: 50 };
  const made = (run: string, durationMs: number, device = 'light'): Manifest => ({
    ...makeManifest('noise', { states: output }),
    run,
    durationMs,
    device,
  });

  it('is the mean over the units of a run, with median and range over runs', () => {
    const price = unitPrice(node, [made('a', 1000), made('a', 0), made('b', 2000), made('c', 900), made('d', 1e6, 'cuda')])!;
    expect(price).toEqual({
      seconds: { median: 0.9, low: 0.5, high: 2 },
      bytes: { median: 50, low: 50, high: 50 },
      tokens: null,
      runs: 3,
    });
    const ten = timesPrice(price, 10);
    expect(ten.seconds).toEqual({ median: 9, low: 5, high: 20 });
    expect(addPrices([ten, ten]).bytes.median).toBe(1000);
  });

  it('has tokens where units recorded them, and counts no units of before', () => {
    const generated = [made('a', 1), { ...made('b', 1), tokens: 100 }, { ...made('b', 1), tokens: 50 }, { ...made('c', 1), tokens: 0 }];
    const price = unitPrice(node, generated)!;
    expect(price.tokens).toEqual({ median: 37.5, low: 0, high: 75 });
    expect(addPrices([timesPrice(price, 2), unitPrice(node, [made('a', 1)])!]).tokens).toEqual({ median: 75, low: 0, high: 150 });
  });

  it('is none without history, or with that of another model only', () => {
    expect(unitPrice(node, [])).toBeUndefined();
    expect(unitPrice({ ...node, identity: { model: 'other' } }, [made('a', 1000)])).toBeUndefined();
  });
});

describe.skipIf(!hasMirror)(`tstar plan${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  let project: Project;
  let file: string;

  beforeAll(async () => {
    project = await makeProject();
    file = join(project.folder, 'small-study.yaml');
    await writeFile(file, SMALL_STUDY);
    await makeStoredRun({ home: join(project.folder, '.tstar'), run: 'first' });
  });
  afterAll(() => project?.remove());

  it('exits with 4 where something would run, and 0 without --detailed-exitcode', async () => {
    const env = { TSTAR_HOME: join(project.folder, 'empty') };
    const answer = await project.tstar(['plan', file, '--detailed-exitcode'], { env });
    expect([answer.code, answer.stdout], answer.stderr).toEqual([4, expect.stringContaining('expected: no history')]);
    expect((await project.tstar(['plan', file], { env })).code).toBe(0);
  });

  it('exits with 0 where nothing would, and prices what a change costs', async () => {
    const done = await project.tstar(['plan', file, '--detailed-exitcode']);
    expect([done.code, done.stdout], done.stderr).toEqual([0, expect.stringContaining('nothing to run')]);
    const wider = await project.tstar(['plan', file, '--detailed-exitcode', '--set', 'scales=0.1,0.2,0.3', '--json']);
    expect(wider.code).toBe(4);
    const { steps, total } = JSON.parse(wider.stdout);
    const noisy = steps.find(({ id }: { id: string }) => id === 'noisy');
    // Four units of 0.1 s each.
    expect([noisy.hits, noisy.units, noisy.price.seconds.median]).toEqual([8, 12, expect.closeTo(0.4)]);
    // The summary waits for the noisy units and counts as one more.
    expect([total.seconds.median, total.unknown]).toEqual([expect.closeTo(0.5), []]);
  });

  it('writes a Markdown table and a Mermaid graph', async () => {
    const { stdout } = await project.tstar(['plan', file, '--md', '--set', 'seed=7']);
    expect(stdout).toContain('| step | type | queue | units | hit | to run | expected | why |');
    expect(stdout).toMatch(/\| noisy \| inject-noise \| tstar-cpu \| 8 \| 0 \| 8 \| 0\.8 s, [\d.]+ k?B \| .*identity\.seed: 42 -> 7 \|/);
    expect(stdout).toContain('  n3["noisy<br/>8 of 8 units to run"]');
    expect(stdout).toContain('  n1 --> n3\n');
    expect(stdout).toContain('  n0["questions<br/>2 units, all hit"]:::hit');
  });
});
