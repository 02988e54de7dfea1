// `npm run bench:scale`: what Temporal and the store cost beside the work, with units that cost nothing on an embedded server of
// its own: overhead at concurrency 1, rate and memory at 16, and a pipeline of 100,000 shards within Temporal's limits. Prints a
// table and writes bench/results/scale.{md,json}. `-- --shards 2000`: a smaller one. `-- --out FOLDER`: results elsewhere.
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openScaleProject } from './project.ts';
import { renderScaleRows, scaleRows } from './scale-rows.ts';
import { runShards, type ScaleRun } from './shards-run.ts';

const SHARDS = 100_000;
/** Of the runs at which rate, memory and overhead are measured; smaller where fewer shards are asked for. */
const RATE_SHARDS = 10_000;
const SINGLE_SHARDS = 500;
const SINGLE_SHARE = 8;
const WIDE = 16;

const { shards, out } = readArguments();
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const project = await openScaleProject(say);
try {
  const single = await measure(Math.min(SINGLE_SHARDS, Math.ceil(shards / SINGLE_SHARE)), 1);
  const wide = await measure(Math.min(RATE_SHARDS, shards), WIDE);
  const large = shards > RATE_SHARDS ? await measure(shards, WIDE) : wide;
  await write([single, wide, ...(large === wide ? [] : [large])], scaleRows({ single, wide, large }));
} finally {
  await project.close();
}

async function measure(count: number, concurrency: number): Promise<ScaleRun> {
  say(`${count} shards at concurrency ${concurrency}`);
  const run = await runShards(project, { count, concurrency });
  say(`  ${run.status}: ${run.seconds.toFixed(1)} s, worker ${run.startMegabytes.toFixed(0)} to ${run.peakMegabytes.toFixed(0)} MB`);
  return run;
}

async function write(runs: readonly ScaleRun[], rows: ReturnType<typeof scaleRows>): Promise<void> {
  const machine = { cpu: cpus()[0]?.model.trim() ?? '', cores: cpus().length, memoryBytes: totalmem(), node: process.version };
  const text = `${renderScaleRows(rows)}\n\n${machine.cpu}, ${machine.cores} cores, ${(machine.memoryBytes / 1e9).toFixed(0)} GB, Node ${machine.node}.\n`;
  await mkdir(out, { recursive: true });
  await writeFile(join(out, 'scale.json'), `${JSON.stringify({ machine, rows, runs }, null, 2)}\n`);
  await writeFile(join(out, 'scale.md'), text);
  process.stdout.write(text);
  process.exitCode = rows.every(({ met }) => met) ? 0 : 1;
}

/** Results belong beside the sources; this file runs from dist/bench/scale. */
function readArguments(): { readonly shards: number; readonly out: string } {
  const options = { shards: { type: 'string', default: String(SHARDS) }, out: { type: 'string' } } as const;
  try {
    const { values } = parseArgs({ options, strict: true });
    const count = Number(values.shards);
    if (!Number.isInteger(count) || count < SINGLE_SHARE)
      throw new Error(`--shards ${values.shards}: expected an integer of at least ${SINGLE_SHARE}`);
    return { shards: count, out: values.out ?? fileURLToPath(new URL('../../../bench/results/', import.meta.url)) };
  } catch (error) {
    process.stderr.write(`bench:scale: ${(error as Error).message}\n`);
    process.exit(2);
  }
}
