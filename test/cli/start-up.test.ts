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
  const home = await mkdtemp(join(tmpdir(), 'tstar-start-'));
  const env = { ...process.env, TSTAR_HOME: home, NODE_OPTIONS: '' };
  try {
    const { stderr } = await promisify(execFile)(process.execPath, ['--import', LISTING, PROGRAM, ...command.split(' ')], { env });
    const marked = stderr.split('\n').filter((line) => line.startsWith('loaded: '));
    expect(marked).toEqual([`loaded: ${packages.join(' ')}`]);
  } finally {
    await rm(home, { recursive: true });
  }
});
