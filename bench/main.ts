// `npm run bench`: the study's steps on SmolLM2-135M-Instruct, through the same session process that activities use. Prints a
// table and writes bench/results/latest.{md,json}. `-- --short` generates 128 tokens instead of 512.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { loadQuestions } from '../datasets/load-questions.ts';
import { promptMessages } from '../datasets/prompts.ts';
import { questionHub } from '../datasets/question-hub.ts';
import { resolveDataset } from '../datasets/resolve-dataset.ts';
import { createHub } from '../hub/create-hub.ts';
import { readHubSettings } from '../hub/settings.ts';
import type { HiddenState, ModelSession } from '../models/engine.ts';
import { readEosIds } from '../models/eos-ids.ts';
import { fetchModel } from '../models/fetch-model.ts';
import { parseModelConfig } from '../models/graph/model-config.ts';
import { HEAD_SITE, linearSites } from '../models/graph/sites.ts';
import { renderPrompt } from '../models/render-prompt.ts';
import { openSession } from '../models/runtime/open-session.ts';
import { openTokenizer } from '../models/tokenizer.ts';
import { temperatureGrid } from '../numerics/temperature-grid.ts';
import { type BenchRow, lessIsBetter, moreIsBetter, renderRows } from './rows.ts';
import { measureSgemm } from './sgemm.ts';

const MODEL = 'smollm2-135m-instruct';
const PROMPTS = 10;
const DRAWS = 3;
const NOISE_SCALES = [0.01, 0.02, 0.05, 0.1, 0.2];
const HEAD_SCALES = [0.05, 0.075, 0.1, 0.2, 0.5, 0.75];
const CALIBRATION = [0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2];
const MULTIPLES = [0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0];

/** Figures of others on two cores of the same kind, with the same model, prompts and float32: medians of several runs. */
const PYTORCH = { noiseSeconds: 69, scoreSeconds: 75, generateTokensPerSecond: 96 };
const OPENVINO = { tokensPerSecondAt80: 287, tokensPerSecondAt10: 196, tokensPerSecondAt1: 42 };
const MEMORY_GOAL_BYTES = 4e9;

const seed = 42;
const { signal } = new AbortController();
const options = { signal };
const short = process.argv.includes('--short');
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const hub = createHub({ ...readHubSettings(process.env), fetch, log: say });
const files = await fetchModel(MODEL, { hub, signal, onProgress: say });
const tokenizer = await openTokenizer(files.folder);
const questionAccess = { hub: questionHub(hub), signal };
const questions = await loadQuestions(await resolveDataset(['gsm8k', 'word-problems'], 'test', questionAccess), questionAccess);
const prompts = questions
  .slice(0, PROMPTS)
  .map(({ question }, prompt) => ({ prompt, ids: renderPrompt({ tokenizer, messages: promptMessages(question), bos: 'study' }).ids }));

const loaded = await timed(async () => {
  const opened = openSession(files, { precision: 'float32', device: 'cpu' });
  await all(opened.capture({ prompts: prompts.slice(0, 1) }, options));
  return opened;
});
const session: ModelSession = loaded.value;
say(`session ready and one prompt captured: ${loaded.seconds.toFixed(2)} s`);

const rows: BenchRow[] = [];
rows.push(loadRow());
await forwardOf100();
const states = await stepThree();
await stepFour(states);
await stepOne();
await generation({
  id: 'generate-80',
  temperatures: CALIBRATION,
  count: PROMPTS,
  tokens: short ? 128 : 512,
  peer: OPENVINO.tokensPerSecondAt80,
  factor: 1.25,
});
await generation({ id: 'generate-10', temperatures: [0.8], count: PROMPTS, tokens: 128, peer: OPENVINO.tokensPerSecondAt10, factor: 1.25 });
await generation({ id: 'generate-1', temperatures: [0.8], count: 1, tokens: 128, peer: OPENVINO.tokensPerSecondAt1, factor: 1 });
rows.push(await memory());
await session.close();
await write();
process.exit(rows.every((row) => row.met) ? 0 : 1);

async function stepThree(): Promise<readonly HiddenState[]> {
  const clean = await timed(() => all(session.capture({ prompts }, options)));
  const groups = prompts.flatMap((prompt) => Array.from({ length: DRAWS }, (_, draw) => ({ ...prompt, draw, scales: NOISE_SCALES })));
  // Loads the instrumented graph, as a worker has it after its first shard.
  await all(session.inject({ seed, noise: 'shared', groups: groups.slice(0, 1) }, options));
  const noisy = await timed(() => all(session.inject({ seed, noise: 'shared', groups }, options)));
  const seconds = clean.seconds + noisy.seconds;
  const ratio = lessIsBetter(seconds, PYTORCH.noiseSeconds);
  rows.push({
    id: 'noise-step',
    what: 'step 3: 10 clean and 150 noisy passes',
    value: seconds,
    unit: 's',
    reference: PYTORCH.noiseSeconds,
    referenceWhat: 'PyTorch',
    referenceSource: 'recorded',
    ratio,
    goal: 'at most 40 s',
    met: seconds <= 40,
  });
  return clean.value;
}

async function stepFour(hidden: readonly HiddenState[]): Promise<void> {
  const groups = hidden.flatMap(({ prompt, positions, hiddenLast, hiddenStd }) =>
    Array.from({ length: DRAWS }, (_, draw) => ({ prompt, positions, hiddenLast, hiddenStd, draw, noises: HEAD_SCALES })),
  );
  const request = { seed, noise: 'shared' as const, tBase: 0.8, temperatures: temperatureGrid(0.8, MULTIPLES), groups };
  await all(session.score({ ...request, groups: groups.slice(0, 1) }, options));
  const { seconds } = await timed(() => all(session.score(request, options)));
  rows.push({
    id: 'score-step',
    what: 'step 4: 180 scores over 12 temperatures and the continuous optimum',
    value: seconds,
    unit: 's',
    reference: PYTORCH.scoreSeconds,
    referenceWhat: 'PyTorch',
    referenceSource: 'recorded',
    ratio: lessIsBetter(seconds, PYTORCH.scoreSeconds),
    goal: 'at most 4 s',
    met: seconds <= 4,
  });
}

async function stepOne(): Promise<void> {
  const sequences = CALIBRATION.flatMap((temperature) => prompts.map((prompt) => ({ ...prompt, temperature })));
  const maxNewTokens = short ? 128 : 512;
  const request = { seed, replicate: 0, maxNewTokens, eosIds: await readEosIds(files.folder), sequences };
  const { value, seconds } = await timed(() => all(session.generate(request, { ...options, progress: say })));
  const rate = value.reduce((total, { ids }) => total + ids.length, 0) / seconds;
  rows.push({
    id: 'calibration-step',
    what: `step 1: 8 temperatures x 10 prompts, up to ${maxNewTokens} tokens, stopping at EOS`,
    value: rate,
    unit: 'tokens/s',
    reference: PYTORCH.generateTokensPerSecond,
    referenceWhat: 'Hugging Face generate',
    referenceSource: 'recorded',
    ratio: moreIsBetter(rate, PYTORCH.generateTokensPerSecond),
    goal: 'at least 150 tokens/s',
    met: rate >= 150,
  });
}

function loadRow(): BenchRow {
  const goal = 1.5;
  const value = loaded.seconds;
  return {
    id: 'load',
    what: 'session process started, graph loaded, first prompt captured',
    value,
    unit: 's',
    reference: goal,
    referenceWhat: 'goal',
    referenceSource: 'recorded',
    ratio: lessIsBetter(value, goal),
    goal: 'at most 1.5 s',
    met: value <= goal,
  };
}

/** A clean pass over 100 tokens against the machine's own rate of matrix products. */
async function forwardOf100(): Promise<void> {
  const ids = prompts[0]!.ids.slice(0, 100);
  const forward = (): Promise<{ readonly seconds: number }> =>
    timed(() => all(session.capture({ prompts: [{ prompt: 0, ids }] }, options)));
  await forward();
  let seconds = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 10; run++) seconds = Math.min(seconds, (await forward()).seconds);
  const sgemm = await measureSgemm();
  const value = forwardFlops(ids.length) / seconds / 1e9;
  rows.push({
    id: 'forward-100',
    what: `forward of ${ids.length} tokens (${(seconds * 1000).toFixed(0)} ms), products of the layers`,
    value,
    unit: 'GFLOP/s',
    reference: sgemm,
    referenceWhat: "the machine's sgemm",
    referenceSource: 'this run',
    ratio: moreIsBetter(value, sgemm),
    goal: 'at least 0.85 x',
    met: value >= 0.85 * sgemm,
  });
}

/** Two operations per weight of the layers and token; attention scores and the head (not part of a capture) left out. */
function forwardFlops(tokens: number): number {
  const sites = linearSites(parseModelConfig(files.config, files.folder)).filter(({ name }) => name !== HEAD_SITE);
  const { hiddenSize, intermediateSize, keyValueHeadCount, headSize } = parseModelConfig(files.config, files.folder);
  const widthOut = (site: string): number => {
    if (/[kv]_proj/.test(site)) return keyValueHeadCount * headSize;
    return /gate_proj|up_proj/.test(site) ? intermediateSize : hiddenSize;
  };
  return sites.reduce((total, { name, width }) => total + 2 * tokens * width * widthOut(name), 0);
}

interface GenerationCase {
  readonly id: string;
  readonly temperatures: readonly number[];
  readonly count: number;
  readonly tokens: number;
  readonly peer: number;
  /** The goal as a multiple of the peer's rate. */
  readonly factor: number;
}

/** Sampling with EOS ignored, so that every sequence is as long as the others': the peers' case. */
async function generation({ id, temperatures, count, tokens, peer, factor }: GenerationCase): Promise<void> {
  const sequences = temperatures.flatMap((temperature) => prompts.slice(0, count).map((prompt) => ({ ...prompt, temperature })));
  const request = { seed, replicate: 0, maxNewTokens: tokens, eosIds: [], sequences };
  const { seconds } = await timed(() => all(session.generate(request, { ...options, progress: say })));
  const value = (sequences.length * tokens) / seconds;
  rows.push({
    id,
    what: `generation, ${sequences.length} sequences x ${tokens} tokens, EOS ignored, prefill and loading counted`,
    value,
    unit: 'tokens/s',
    reference: peer,
    referenceWhat: 'OpenVINO GenAI',
    referenceSource: 'recorded',
    ratio: moreIsBetter(value, peer),
    goal: `at least ${factor} x`,
    met: value >= factor * peer,
  });
}

/** Peak resident memory of this process (in the worker's place) and of the session's, as Linux counts it. */
async function memory(): Promise<BenchRow> {
  const children = (await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')).trim().split(/\s+/).filter(Boolean);
  const peaks = await Promise.all([String(process.pid), ...children].map(peakBytes));
  const value = peaks.reduce((total, bytes) => total + bytes, 0);
  return {
    id: 'memory',
    what: 'peak resident memory, worker and session',
    value: value / 1e9,
    unit: 'GB',
    reference: MEMORY_GOAL_BYTES / 1e9,
    referenceWhat: 'goal',
    referenceSource: 'recorded',
    ratio: lessIsBetter(value, MEMORY_GOAL_BYTES),
    goal: 'at most 4 GB',
    met: value <= MEMORY_GOAL_BYTES,
  };
}

async function peakBytes(pid: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

async function write(): Promise<void> {
  const machine = { cpu: cpus()[0]?.model ?? '', cores: cpus().length, memoryBytes: totalmem(), node: process.version };
  const table = renderRows(rows);
  // Results belong beside the sources; this file runs from dist/bench.
  const folder = new URL('../../bench/results/', import.meta.url);
  await mkdir(folder, { recursive: true });
  await writeFile(new URL('latest.json', folder), `${JSON.stringify({ machine, rows }, null, 2)}\n`);
  await writeFile(new URL('latest.md', folder), `${table}\n`);
  process.stdout.write(`${table}\n`);
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const kept: T[] = [];
  for await (const item of items) kept.push(item);
  return kept;
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly seconds: number }> {
  const started = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - started) / 1000 };
}
