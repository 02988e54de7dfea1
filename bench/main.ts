// `npm run bench`: the study's steps, generation and loading on SmolLM2-135M-Instruct, a model of the study's size, and the
// command's start; the engine through the session process that activities use. Prints a table and writes bench/results/latest.{md,json,svg}.
// `-- --short`: 128 tokens instead of 512. `-- --peers`: the alternatives in the same run, half an hour more.
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { forwardOf100, load } from './forward.ts';
import { type BatchRate, generation } from './generation.ts';
import { largeModel } from './large-model.ts';
import { peakMemoryBytes } from './measure.ts';
import { runPeers } from './peers/run-peers.ts';
import { plotRates } from './plot.ts';
import { type References, withMeasured } from './references.ts';
import { type BenchRow, benchRow, limit, renderRows } from './rows.ts';
import { startUp } from './start-up.ts';
import { calibrationStep, noiseStep, scoreStep } from './study-steps.ts';
import { openWorkload } from './workload.ts';

const MEMORY_BYTES = 4e9;
const KNOWN = ['--short', '--peers'];
const HELP = `npm run bench [-- OPTIONS]
  --short   128 tokens instead of 512
  --peers   PyTorch and OpenVINO GenAI in the same run, half an hour more; without it the references are recorded figures
Prints a table and writes bench/results/latest.md, .json and .svg; exit 1 where a goal is not met.`;

if (process.argv.includes('--help')) {
  process.stdout.write(`${HELP}\n`);
  process.exit(0);
}
const unknown = process.argv.slice(2).find((word) => !KNOWN.includes(word));
if (unknown !== undefined) {
  process.stderr.write(`bench: ${unknown} is not known; there are ${KNOWN.join(' and ')} (--help says what they do)\n`);
  process.exit(2);
}
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const workload = await openWorkload({ newTokens: process.argv.includes('--short') ? 128 : 512, say });
const peers = process.argv.includes('--peers') ? await runPeers(workload) : undefined;
const references = withMeasured(peers?.measured ?? {});

const startRows = await startUp();
const { session, row: loadRow } = await load(workload);
const rows: BenchRow[] = [...startRows, loadRow, await forwardOf100(session, workload)];
rows.push(await noiseStep(session, workload, references), await scoreStep(session, workload, references));
rows.push(await calibrationStep(session, workload, references), await memoryRow());
const generated = await generation(session, workload, references);
rows.push(...generated.rows);
await session.close();
rows.push(await largeModel(workload));
await write(rows, generated.rates, references);
process.exit(rows.every((row) => row.met) ? 0 : 1);

/** Peak so far: steps 3, 4 and 1, in one session. */
async function memoryRow(): Promise<BenchRow> {
  const value = (await peakMemoryBytes()) / 1e9;
  const what = 'peak resident memory until after step 1, worker and session';
  return benchRow({ id: 'memory', what, value, unit: 'GB', better: 'less', reference: limit(MEMORY_BYTES / 1e9), atLeast: 1 });
}

async function write(rows: readonly BenchRow[], rates: readonly BatchRate[], references: References): Promise<void> {
  const machine = { cpu: cpus()[0]?.model ?? '', cores: cpus().length, memoryBytes: totalmem(), node: process.version };
  const table = renderRows(rows);
  // Results belong beside the sources; this file runs from dist/bench.
  const folder = new URL('../../bench/results/', import.meta.url);
  await mkdir(folder, { recursive: true });
  const document = { machine, peers: peers?.versions ?? null, rows, rates };
  await writeFile(new URL('latest.json', folder), `${JSON.stringify(document, null, 2)}\n`);
  await writeFile(new URL('latest.md', folder), `${table}\n`);
  await writeFile(new URL('latest.svg', folder), plotRates(rates, references));
  process.stdout.write(`${table}\n`);
}
