// Attention of one new position per sequence over three parts: the block's tail, the earlier blocks, the prompt; scores side
// by side, one softmax. Keys lie transposed, so that all is plain matrix products. The prompt part is computed once per
// prompt for all its sequences: queries are gathered by prompt (gaps filled with any row) and the scores gathered back.
// Bits: a product's row is the same at any number of rows from two on and any padding of its columns, but where the summed
// axis is long, ONNX Runtime cuts it at places that depend on the product's size and the threads: so no product of several rows
// sums over more than CHUNK positions. The prompt stands last because it alone is padded: zeros are added after all else.
import type { Projections } from './decoder-layers.ts';
import type { Dims, GraphBuilder, Value } from './graph-builder.ts';
import type { Building } from './layers.ts';
import type { ModelConfig } from './model-config.ts';
import { tableName } from './prompt-attention.ts';
import { windowMask } from './window-mask.ts';

/** Positions of a prompt that one product sums over; prompts are padded to a multiple. */
export const CHUNK = 64;

export type Part = 'prompt' | 'earlier' | 'tail';

/** Names and shapes of one part's keys and values: inputs of the graph, for the tail its outputs. */
export function partName(part: Part, kind: 'key' | 'value', layer: number): string {
  return `${part}_${kind}.${layer}`;
}

export function partDims(part: Part, kind: 'key' | 'value', { keyValueHeadCount, headSize }: ModelConfig): Dims {
  const inner = (length: string): Dims => (kind === 'key' ? [headSize, length] : [length, headSize]);
  switch (part) {
    case 'prompt':
      return kind === 'key'
        ? ['prompts', keyValueHeadCount, headSize, 'prompt']
        : ['prompts', keyValueHeadCount, 'chunks', CHUNK, headSize];
    case 'earlier':
      return ['batch', keyValueHeadCount, 1, ...inner('earlier')];
    case 'tail':
      return ['batch', keyValueHeadCount, ...inner('tail')];
  }
}

/** What all layers and steps share, made outside of the loop. */
export interface AttentionInputs {
  /** int64 [P, keyValueHeads, R]: the query row (sequence, head) behind each row of a prompt. */
  readonly toPrompt: Value;
  /** int64 [P, keyValueHeads, chunks, R]: the same for rows cut into chunks, (row, chunk). */
  readonly toChunks: Value;
  /** float32 [1, chunks], ones: summing by a product adds in order. */
  readonly ones: Value;
  /** int64 [B, keyValueHeads, groupHeads]: the way back. */
  readonly fromPrompt: Value;
  /** float32 [P, 1, 1, S]: 0 or far below. */
  readonly promptMask: Value;
  /** Rotary tables per rope; those of the query carry a factor (queryTableScale). */
  readonly tables: readonly { readonly query: readonly [cos: Value, sin: Value]; readonly key: readonly [cos: Value, sin: Value] }[];
  /** int64 [1] each */
  readonly earlierLength: Value;
  readonly promptLength: Value;
  /** int64 [2]: [-1, S] */
  readonly scoreRows: Value;
  /** Tails of no steps. */
  readonly emptyKey: Value;
  readonly emptyValue: Value;
}

/** Declares the inputs, and what follows from them. */
export function startAttention(g: GraphBuilder, config: ModelConfig, ids: Value): AttentionInputs {
  const { keyValueHeadCount: heads, headCount, headSize, layerCount, rotarySize } = config;
  for (let layer = 0; layer < layerCount; layer++)
    for (const part of ['prompt', 'earlier'] as const)
      for (const kind of ['key', 'value'] as const) g.input(partName(part, kind, layer), 'float32', partDims(part, kind, config));
  const pair = (prefix: '' | 'query_', rope: number) => {
    const table = (name: 'cos' | 'sin') => g.input(`${prefix}${tableName(name, rope)}`, 'float32', ['table', rotarySize / 2]);
    return [table('cos'), table('sin')] as const;
  };
  const promptMask = g.input('prompt_mask', 'float32', ['prompts', 1, 1, 'prompt']);
  const size = (value: Value, axis: number) => g.node('Shape', [value], { start: axis, end: axis + 1 });
  const promptLength = size(promptMask, 3);
  const batch = size(ids, 0);
  const empty = (rest: readonly number[]) => g.node('Expand', [g.floats(0), g.node('Concat', [batch, g.ints(rest)], { axis: 0 })]);
  return {
    toPrompt: g.input('to_prompt', 'int64', ['prompts', heads, 'rows']),
    toChunks: g.input('to_chunks', 'int64', ['prompts', heads, 'chunks', 'rows']),
    ones: g.input('ones', 'float32', [1, 'chunks']),
    fromPrompt: g.input('from_prompt', 'int64', ['batch', heads, headCount / heads]),
    promptMask,
    tables: config.ropes.map((_, rope) => ({ query: pair('query_', rope), key: pair('', rope) })),
    earlierLength: size(partName('earlier', 'key', 0), 4),
    promptLength,
    scoreRows: g.node('Concat', [g.ints([-1]), promptLength], { axis: 0 }),
    emptyKey: empty([heads, headSize, 0]),
    emptyValue: empty([heads, 0, headSize]),
  };
}

/** What all layers of one step share. */
export interface StepInputs {
  /** int64 [B, 1] */
  readonly positions: Value;
  /** int64 [3]: lengths of the parts, in the order of the scores. */
  readonly lengths: Value;
  /** Added to the scores of a layer with this window. */
  windowMask(window: number): Value;
}

export function startStep(
  body: GraphBuilder,
  { earlierLength, promptLength }: AttentionInputs,
  step: Value,
  firstPositions: Value,
): StepInputs {
  const tailLength = body.node('Reshape', [body.node('Add', [step, body.ints(1)]), body.ints([1])]);
  const positions = body.node('Add', [firstPositions, step]);
  return {
    positions,
    lengths: body.node('Concat', [tailLength, earlierLength, promptLength], { axis: 0 }),
    windowMask: (window) => windowMask(body, { window, step, positions, earlierLength, promptLength }),
  };
}

export interface Tail {
  readonly key: Value;
  readonly value: Value;
}

/** [B, 1, heads * headSize], and the tail with this step's key and value. */
export function attend(
  building: Building,
  layer: number,
  { query, key, value }: Projections,
  tail: Tail,
  shared: AttentionInputs & StepInputs,
): { readonly attention: Value; readonly tail: Tail } {
  const { g, config } = building;
  const { keyValueHeadCount: heads, headSize: size, headCount } = config;
  const { window, rope } = config.layers[layer]!;
  const tables = shared.tables[rope]!;
  const reshape = (x: Value, dims: readonly number[]) => g.node('Reshape', [x, g.ints(dims)]);
  const scaled = isPartial(config) ? g.node('Mul', [query, g.floats(config.attentionScale)]) : query;
  const rotated = rotate(building, scaled, headCount, shared.positions, tables.query);
  const queries = reshape(rotated, [-1, heads, headCount / heads, size]);
  const newTail = {
    key: g.node('Concat', [tail.key, reshape(rotate(building, key, heads, shared.positions, tables.key), [-1, heads, size, 1])], {
      axis: 3,
    }),
    value: g.node('Concat', [tail.value, reshape(value, [-1, heads, 1, size])], { axis: 2 }),
  };
  const part = (kind: 'key' | 'value', name: Part) => partName(name, kind, layer);
  const scores = g.node(
    'Concat',
    [
      g.node('MatMul', [queries, newTail.key]),
      timesEarlier(g, queries, part('key', 'earlier')),
      promptScores(g, reshape(rotated, [-1, size]), part('key', 'prompt'), shared),
    ],
    { axis: 3 },
  );
  const visible = window === null ? scores : g.node('Add', [scores, shared.windowMask(window)]);
  const weights = g.nodes('Split', [g.node('Softmax', [visible], { axis: 3 }), shared.lengths], 3, { axis: 3 });
  const sum = g.node('Add', [
    g.node('Add', [g.node('MatMul', [weights[0]!, newTail.value]), timesEarlier(g, weights[1]!, part('value', 'earlier'))]),
    promptValues(g, weights[2]!, part('value', 'prompt'), shared, size),
  ]);
  return { attention: reshape(sum, [-1, 1, headCount * size]), tail: newTail };
}

/** Channels that do not rotate pass the tables by, and so would the scores' factor in them. */
function isPartial({ rotarySize, headSize }: ModelConfig): boolean {
  return rotarySize < headSize;
}

/** The factor that the query's tables carry: that of the scores, where it reaches the whole head. */
export function queryTableScale(config: ModelConfig): number {
  return isPartial(config) ? 1 : config.attentionScale;
}

function rotate({ g, config }: Building, x: Value, heads: number, positions: Value, tables: readonly Value[]): Value {
  const partial = isPartial(config) ? { rotary_embedding_dim: config.rotarySize, num_heads: heads } : {};
  return g.node('RotaryEmbedding', [x, positions, ...tables], partial, { domain: 'microsoft' });
}

/**
 * rows [B, heads, group, K] times what each sequence has of its own [B, heads, 1, K, N]. As products of one row each: these
 * stream the matrix, where a product of a few rows would first copy it into another order (1.8 ms against 3.3 for 384 tokens of 80).
 */
function timesEarlier(g: GraphBuilder, rows: Value, earlier: Value): Value {
  return g.node('Squeeze', [g.node('MatMul', [g.node('Unsqueeze', [rows, g.ints([3])]), earlier]), g.ints([3])]);
}

function promptScores(
  g: GraphBuilder,
  queryRows: Value,
  keys: Value,
  { toPrompt, fromPrompt, promptMask, scoreRows }: AttentionInputs,
): Value {
  const products = g.node('MatMul', [g.node('Gather', [queryRows, toPrompt]), keys]);
  return g.node('Gather', [g.node('Reshape', [g.node('Add', [products, promptMask]), scoreRows]), fromPrompt]);
}

function promptValues(
  g: GraphBuilder,
  weights: Value,
  values: Value,
  { toChunks, fromPrompt, ones }: AttentionInputs,
  size: number,
): Value {
  const gathered = g.node('Gather', [g.node('Reshape', [weights, g.ints([-1, CHUNK])]), toChunks]);
  const byChunk = g.node('Reshape', [g.node('MatMul', [gathered, values]), g.ints([0, 0, 0, -1])]);
  return g.node('Gather', [g.node('Reshape', [g.node('MatMul', [ones, byChunk]), g.ints([-1, size])]), fromPrompt]);
}
