// What a command loads before it answers: the time until it does is mostly that of loading packages.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const PROGRAM = resolve(import.meta.dirname, '../../cli/tstar.mjs');
const LISTING = resolve(import.meta.dirname, 'loaded-modules.mjs');

it.each([
  ['--help', ['commander']],
  ['runs', ['commander', 'zod']],
  ['steps', ['commander', 'picomatch', 'zod']],
  ['validate effective-noise', ['commander', 'picomatch', 'yaml', 'zod']],
  // No Temporal, no ONNX Runtime, no Parquet, no protobuf, no @stdlib, no tokenizer.
  ['plan effective-noise', ['commander', 'pend', 'picomatch', 'yaml', 'yauzl', 'zod']],
])('tstar %s loads these packages and no others', async (command, packages) => {
  expect(await packagesOf(command)).toEqual(packages);
});

it('what talks to the server loads its client, and neither worker nor ONNX Runtime', async () => {
  const packages = await packagesOf('dashboard no-such-run');
  expect(packages).toContain('@temporalio/client');
  expect(packages).not.toContain('@temporalio/worker');
  expect(packages).not.toContain('onnxruntime-node');
});

async function packagesOf(command: string): Promise<string[]> {
  const home = await mkdtemp(join(tmpdir(), 'tstar-start-'));
  const env = { ...process.env, TSTAR_HOME: home, NODE_OPTIONS: '' };
  try {
    const run = promisify(execFile)(process.execPath, ['--import', LISTING, PROGRAM, ...command.split(' ')], { env });
    const { stderr } = await run.catch((failed: { stderr: string }) => failed);
    const marked = stderr.split('\n').filter((line) => line.startsWith('loaded:'));
    expect(marked).toHaveLength(1);
    return marked[0]!.split(' ').slice(1).filter(Boolean);
  } finally {
    await rm(home, { recursive: true });
  }
}
