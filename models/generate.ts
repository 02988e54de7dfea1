// Sampled continuations of prompts, in batches, by the decode loop. In: the model and a request; out: each sequence as it
// ends, between blocks. A sequence is a function of its own ids, temperature, seed, prompt and replicate, never of what
// shares its batch. Runs in the session's process: a block (seconds at a full batch) blocks the thread.
import { UserError } from '../formats/user-error.ts';
import { sampleStream, uniformAt } from '../numerics/coordinates.ts';
import { createEarlierBlocks } from './earlier-blocks.ts';
import type { GeneratedTokens, GenerateRequest, Generation, Progress } from './engine.ts';
import { queryTableScale } from './graph/decode-attention.ts';
import { buildDecodeLoop, TOKENS_OUTPUT } from './graph/decode-loop.ts';
import type { BuiltGraph } from './graph/graph-builder.ts';
import type { ModelConfig } from './graph/model-config.ts';
import { buildPrefill, promptKeyName, promptValueName } from './graph/prefill.ts';
import { promptTableFeeds, tableName } from './graph/prompt-attention.ts';
import { decodingTables, switchLength } from './graph/rotary.ts';
import type { WeightSource } from './graph/weights.ts';
import { byPrompt, type PromptState, promptFeeds } from './prompt-groups.ts';
import type { Feeds, GraphSession } from './runtime/session.ts';

/** Steps of one run of the loop: longer ones copy a longer tail at each step, shorter ones cross into JavaScript more often. */
const BLOCK_STEPS = 32;
/** More sequences at once gain little (the products are at the machine's limit) and need 24 MB each on SmolLM2. */
const MAX_BATCH = 80;
/** What the keys and values of a batch may take. */
const BATCH_BYTES = 2e9;

export interface GenerationEngine {
  readonly config: ModelConfig;
  readonly weights: WeightSource;
  readonly open: (built: BuiltGraph) => Promise<GraphSession>;
}

export interface GenerateOptions {
  readonly progress?: Progress;
  /** Asked between blocks; what is unfinished then is dropped. */
  readonly shouldStop?: () => boolean;
  /** Sequences at once; changes no result. */
  readonly batchSize?: number;
  /** These ids are never drawn. */
  readonly suppressIds?: readonly number[];
}

export async function* generate(
  engine: GenerationEngine,
  request: GenerateRequest,
  options: GenerateOptions = {},
): AsyncGenerator<Generation> {
  checkRequest(engine.config, request);
  const sequences = request.sequences.map((sequence) => startSequence(request, sequence));
  // Continued sequences share their ids with those that they continue.
  const told: GenerateOptions = { ...options, progress: (note) => options.progress?.(note, countTokens(sequences, request)) };
  const longest = switchLength(engine.config.ropes);
  const within = sequences.filter(({ promptIds }) => promptIds.length <= longest);
  const beyond = sequences.filter(({ promptIds }) => promptIds.length > longest);
  const limits = within.map((sequence) => limited(sequence, longest));
  yield* generateBatches(engine, request, limits, told);
  const crossing = within.filter((sequence) => finishOf(sequence, request) === null).map(continued);
  yield* generateBatches(engine, request, [...beyond, ...crossing], told);
}

function countTokens(sequences: readonly Sequence[], request: GenerateRequest): GeneratedTokens {
  const open = sequences.filter((sequence) => finishOf(sequence, request) === null);
  const sum = (of: readonly Sequence[]): number => of.reduce((total, { ids }) => total + ids.length, 0);
  return {
    done: sum(sequences),
    ended: sequences.length - open.length,
    open: open.length,
    left: open.length * request.maxNewTokens - sum(open),
    most: request.maxNewTokens,
  };
}

/** All of them rotate alike: they stay on one side of the rope's switch. */
async function* generateBatches(
  engine: GenerationEngine,
  request: GenerateRequest,
  sequences: readonly Sequence[],
  options: GenerateOptions,
): AsyncGenerator<Generation> {
  const batchSize = options.batchSize ?? defaultBatchSize(engine.config, request.maxNewTokens);
  const ordered = byPrompt(sequences, ({ promptIds }) => promptIds);
  for (let from = 0; from < ordered.length && options.shouldStop?.() !== true; from += batchSize)
    yield* generateBatch(engine, request, ordered.slice(from, from + batchSize), options);
}

interface Sequence {
  readonly prompt: number;
  readonly promptIds: readonly number[];
  readonly temperature: number;
  readonly uniform: (step: number) => number;
  readonly ids: number[];
  /** New tokens that it comes with. */
  readonly start: number;
  /** New tokens with which it leaves its batch. */
  readonly limit: number;
}

function startSequence(
  { seed, replicate, maxNewTokens }: GenerateRequest,
  { prompt, ids, temperature }: GenerateRequest['sequences'][number],
): Sequence {
  const stream = sampleStream({ seed, prompt, replicate });
  return { prompt, promptIds: ids, temperature, uniform: (step) => uniformAt(stream, step), ids: [], start: 0, limit: maxNewTokens };
}

/** The last token that is drawn from a sequence of `longest` tokens is the last before it rotates otherwise. */
function limited(sequence: Sequence, longest: number): Sequence {
  return { ...sequence, limit: Math.min(sequence.limit, longest + 1 - sequence.promptIds.length) };
}

/** What has been generated becomes a part of the prompt, which is read anew. */
function continued(sequence: Sequence): Sequence {
  return { ...sequence, promptIds: [...sequence.promptIds, ...sequence.ids], start: sequence.ids.length };
}

function defaultBatchSize({ layerCount, keyValueHeadCount, headSize }: ModelConfig, maxNewTokens: number): number {
  const sequenceBytes = layerCount * 2 * keyValueHeadCount * headSize * Float32Array.BYTES_PER_ELEMENT * maxNewTokens;
  return Math.max(1, Math.min(MAX_BATCH, Math.floor(BATCH_BYTES / sequenceBytes)));
}

interface Row {
  readonly sequence: Sequence;
  readonly prompt: PromptState;
}

async function* generateBatch(
  engine: GenerationEngine,
  request: GenerateRequest,
  sequences: readonly Sequence[],
  options: GenerateOptions,
): AsyncGenerator<Generation> {
  let rows = await prefill(engine, sequences, options);
  const { config } = engine;
  const earlier = createEarlierBlocks(config, rows.length, Math.max(0, request.maxNewTokens - 1));
  const tables = rotaryFeeds(config, rows, request.maxNewTokens);
  const loop = await engine.open(buildDecodeLoop(config, engine.weights, { suppressIds: options.suppressIds ?? [] }));
  try {
    let prompts = promptFeeds(
      config,
      rows.map(({ prompt }) => prompt),
    );
    for (let done = 0; rows.length > 0; ) {
      if (options.shouldStop?.() === true) return;
      const steps = Math.min(BLOCK_STEPS, Math.max(...rows.map(({ sequence: { start, limit } }) => limit - start)) - done);
      const outputs = await loop.run({ ...prompts, ...earlier.feeds(), ...tables, ...rowFeeds(rows, done, steps) });
      takeTokens(rows, outputs[TOKENS_OUTPUT]!.data as BigInt64Array, steps, request);
      done += steps;
      options.progress?.(`${done} of ${request.maxNewTokens} tokens, ${rows.length} sequences`);
      const going = rows.flatMap(({ sequence }, row) => (leaves(sequence, request) ? [] : [row]));
      yield* rows.flatMap(({ sequence }) => finished(sequence, request));
      if (going.length === 0) return;
      earlier.append(outputs, steps);
      if (going.length === rows.length) continue;
      earlier.keep(going);
      rows = going.map((row) => rows[row]!);
      prompts = promptFeeds(
        config,
        rows.map(({ prompt }) => prompt),
      );
    }
  } finally {
    await loop.close();
  }
}

/** Each distinct prompt once, without its last token: that one is the loop's first. */
async function prefill(
  engine: GenerationEngine,
  sequences: readonly Sequence[],
  { progress, shouldStop }: GenerateOptions,
): Promise<Row[]> {
  const { config } = engine;
  const session = await engine.open(buildPrefill(config, engine.weights));
  const states = new Map<string, PromptState>();
  try {
    for (const { promptIds } of sequences) {
      const key = promptIds.join();
      if (states.has(key) || shouldStop?.() === true) continue;
      states.set(key, await prefillPrompt(config, session, promptIds));
      progress?.(`${states.size} prompts read`);
    }
  } finally {
    await session.close();
  }
  return sequences.flatMap((sequence) => {
    const prompt = states.get(sequence.promptIds.join());
    return prompt === undefined ? [] : [{ sequence, prompt }];
  });
}

async function prefillPrompt(config: ModelConfig, session: GraphSession, promptIds: readonly number[]): Promise<PromptState> {
  const ids = promptIds.slice(0, -1);
  const length = ids.length;
  if (length === 0)
    return { length, keys: Array(config.layerCount).fill(new Float32Array()), values: Array(config.layerCount).fill(new Float32Array()) };
  const outputs = await session.run({
    ids: { data: BigInt64Array.from(ids, BigInt), dims: [1, length] },
    last_position: { data: Int32Array.of(length - 1), dims: [1] },
    length: { data: Int32Array.of(length), dims: [] },
    ...promptTableFeeds(config, length, promptIds.length),
  });
  const perLayer = (name: (layer: number) => string) =>
    Array.from({ length: config.layerCount }, (_, layer) => outputs[name(layer)]!.data as Float32Array);
  return { length, keys: perLayer(promptKeyName), values: perLayer(promptValueName) };
}

/** The scores' factor goes into the query's rotation. */
function rotaryFeeds(config: ModelConfig, rows: readonly Row[], maxNewTokens: number): Feeds {
  const { ropes, rotarySize } = config;
  const positions = Math.max(...rows.map(({ prompt }) => prompt.length)) + maxNewTokens;
  const sequenceLength = rows[0]!.sequence.promptIds.length;
  const entries = ropes.flatMap((rope, i) => {
    const tables = decodingTables(rope, rotarySize, positions, sequenceLength);
    const feed = (name: 'cos' | 'sin', prefix: string, factor: number) =>
      [`${prefix}${tableName(name, i)}`, { data: tables[name].map((x) => x * factor), dims: [positions, rotarySize / 2] }] as const;
    const scale = queryTableScale(config);
    return [feed('cos', '', 1), feed('sin', '', 1), feed('cos', 'query_', scale), feed('sin', 'query_', scale)];
  });
  return Object.fromEntries(entries);
}

/** What differs from row to row and block to block. */
function rowFeeds(rows: readonly Row[], done: number, steps: number): Feeds {
  const batch = rows.length;
  const uniforms = Float32Array.from({ length: steps * batch }, (_, i) => {
    const { uniform, start } = rows[i % batch]!.sequence;
    return uniform(start + done + Math.floor(i / batch));
  });
  const inverse = rows.map(({ sequence: { temperature } }) => (temperature === 0 ? 1 : 1 / temperature));
  const greedy = Uint8Array.from(rows, ({ sequence }) => (sequence.temperature === 0 ? 1 : 0));
  return {
    steps: { data: BigInt64Array.of(BigInt(steps)), dims: [] },
    ids: {
      data: BigInt64Array.from(rows, ({ sequence: { ids, promptIds } }) => BigInt(ids.at(-1) ?? promptIds.at(-1)!)),
      dims: [batch, 1],
    },
    positions: { data: BigInt64Array.from(rows, ({ prompt }) => BigInt(prompt.length + done)), dims: [batch, 1] },
    uniforms: { data: uniforms, dims: [steps, batch, 1] },
    inverse_temperatures: { data: Float32Array.from(inverse), dims: [batch, 1, 1] },
    greedy: { data: greedy, dims: [batch, 1] },
    any_greedy: { data: Uint8Array.of(greedy.some((flag) => flag === 1) ? 1 : 0), dims: [] },
  };
}

/** tokens [steps, B]: those after an end are dropped. */
function takeTokens(rows: readonly Row[], tokens: BigInt64Array, steps: number, request: GenerateRequest): void {
  for (const [row, { sequence }] of rows.entries())
    for (let step = 0; step < steps && !leaves(sequence, request); step++) sequence.ids.push(Number(tokens[step * rows.length + row]!));
}

function leaves(sequence: Sequence, request: GenerateRequest): boolean {
  return sequence.ids.length >= sequence.limit || finishOf(sequence, request) !== null;
}

function finishOf({ ids }: Sequence, { eosIds, maxNewTokens }: GenerateRequest): Generation['finish'] | null {
  if (ids.length > 0 && eosIds.includes(ids.at(-1)!)) return 'eos';
  return ids.length >= maxNewTokens ? 'length' : null;
}

function finished(sequence: Sequence, request: GenerateRequest): Generation[] {
  const finish = finishOf(sequence, request);
  return finish === null ? [] : [{ prompt: sequence.prompt, temperature: sequence.temperature, ids: sequence.ids, finish }];
}

/** What no model can continue is refused before it runs. */
export function checkRequest(
  { maxPositions, vocabSize }: Pick<ModelConfig, 'maxPositions' | 'vocabSize'>,
  { maxNewTokens, sequences }: GenerateRequest,
): void {
  if (!Number.isInteger(maxNewTokens) || maxNewTokens < 1)
    throw new UserError(`maxNewTokens is ${maxNewTokens}; expected an integer of at least 1`);
  for (const { prompt, ids, temperature } of sequences) {
    if (!(temperature >= 0 && temperature < Infinity))
      throw new UserError(`prompt ${prompt}: temperature ${temperature}; expected 0 (greedy) or more`);
    if (ids.length === 0) throw new UserError(`prompt ${prompt} has no tokens; generation needs at least one`);
    const foreign = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
    if (foreign !== undefined)
      throw new UserError(
        `prompt ${prompt}: token ${foreign} is not in the model's vocabulary of ${vocabSize}; render it with this model's tokenizer`,
      );
    if (ids.length + maxNewTokens > maxPositions)
      throw new UserError(
        `prompt ${prompt}: ${ids.length} tokens and ${maxNewTokens} new ones exceed the model's ${maxPositions} positions; ask for fewer new tokens`,
      );
  }
}
