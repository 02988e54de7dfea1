// Attention of one new position per sequence over three parts: the block's tail, the earlier blocks, the prompt; scores side
// by side, one softmax. All of it is products of a single row: these stream their matrix, where a product of a few rows would
// first copy it into another order, and they sum in one order whatever the sizes. The prompt's keys and values are there
// once for all its sequences: queries are gathered by prompt (gaps filled with any row) and what comes out is gathered back.
// Bits: the prompt stands last because it alone is padded: zeros are added after all else.
import type { Projections } from './decoder-layers.ts';
import type { Dims, GraphBuilder, Value } from './graph-builder.ts';
import { type Building, timesTransposed } from './layers.ts';
import type { ModelConfig } from './model-config.ts';
import { tableName } from './prompt-attention.ts';
import { windowMask } from './window-mask.ts';

/** Prompts are padded to a multiple of this: four columns of a product are computed as one, so that none changes places. */
export const PROMPT_MULTIPLE = 16;

export type Part = 'prompt' | 'earlier' | 'tail';

/** Names and shape of one part's keys and values: inputs of the graph, for the tail its outputs. */
export function partName(part: Part, kind: 'key' | 'value', layer: number): string {
  return `${part}_${kind}.${layer}`;
}

export function partDims(part: Part, { keyValueHeadCount, headSize }: ModelConfig): Dims {
  return [part === 'prompt' ? 'prompts' : 'batch', keyValueHeadCount, 1, part, headSize];
}

/** What all layers and steps share, made outside of the loop. */
export interface AttentionInputs {
  /** int64 [P, keyValueHeads, R, 1]: the query row (sequence, head) behind each row of a prompt. */
  readonly toPrompt: Value;
  /** int64 [B, keyValueHeads, groupHeads, 1]: the way back. */
  readonly fromPrompt: Value;
  /** float32 [P, 1, 1, 1, S]: 0 or far below. */
  readonly promptMask: Value;
  /** Rotary tables per rope; those of the query carry a factor (queryTableScale). */
  readonly tables: readonly { readonly query: readonly [cos: Value, sin: Value]; readonly key: readonly [cos: Value, sin: Value] }[];
  /** int64 [1] each */
  readonly earlierLength: Value;
  readonly promptLength: Value;
  /** int64 [2]: [-1, S] */
  readonly promptRows: Value;
  /** A tail of no steps. */
  readonly emptyTail: Value;
}

/** Declares the inputs, and what follows from them. */
export function startAttention(g: GraphBuilder, config: ModelConfig, ids: Value): AttentionInputs {
  const { keyValueHeadCount: heads, headCount, headSize, layerCount, rotarySize } = config;
  for (let layer = 0; layer < layerCount; layer++)
    for (const part of ['prompt', 'earlier'] as const)
      for (const kind of ['key', 'value'] as const) g.input(partName(part, kind, layer), 'float32', partDims(part, config));
  const pair = (prefix: '' | 'query_', rope: number) => {
    const table = (name: 'cos' | 'sin') => g.input(`${prefix}${tableName(name, rope)}`, 'float32', ['table', rotarySize / 2]);
    return [table('cos'), table('sin')] as const;
  };
  const promptMask = g.input('prompt_mask', 'float32', ['prompts', 1, 1, 1, 'prompt']);
  const size = (value: Value, axis: number) => g.node('Shape', [value], { start: axis, end: axis + 1 });
  const promptLength = size(promptMask, 4);
  const emptyShape = g.node('Concat', [size(ids, 0), g.ints([heads, 1, 0, headSize])], { axis: 0 });
  return {
    toPrompt: g.input('to_prompt', 'int64', ['prompts', heads, 'rows', 1]),
    fromPrompt: g.input('from_prompt', 'int64', ['batch', heads, headCount / heads, 1]),
    promptMask,
    tables: config.ropes.map((_, rope) => ({ query: pair('query_', rope), key: pair('', rope) })),
    earlierLength: size(partName('earlier', 'key', 0), 3),
    promptLength,
    promptRows: g.node('Concat', [g.ints([-1]), promptLength], { axis: 0 }),
    emptyTail: g.node('Expand', [g.floats(0), emptyShape]),
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
  const grown = (before: Value, row: Value) => g.node('Concat', [before, reshape(row, [-1, heads, 1, 1, size])], { axis: 3 });
  const scaled = isPartial(config) ? g.node('Mul', [query, g.floats(config.attentionScale)]) : query;
  const rotated = rotate(building, scaled, headCount, shared.positions, tables.query);
  const queries = reshape(rotated, [-1, heads, headCount / heads, 1, size]);
  const newTail = {
    key: grown(tail.key, rotate(building, key, heads, shared.positions, tables.key)),
    value: grown(tail.value, value),
  };
  const part = (kind: 'key' | 'value', name: Part) => partName(name, kind, layer);
  const scores = g.node(
    'Concat',
    [
      timesTransposed(g, queries, newTail.key),
      timesTransposed(g, queries, part('key', 'earlier')),
      promptScores(g, reshape(rotated, [-1, size]), part('key', 'prompt'), shared),
    ],
    { axis: 4 },
  );
  const visible = window === null ? scores : g.node('Add', [scores, shared.windowMask(window)]);
  const weights = g.nodes('Split', [g.node('Softmax', [visible], { axis: 4 }), shared.lengths], 3, { axis: 4 });
  const own = g.node('Add', [g.node('MatMul', [weights[0]!, newTail.value]), g.node('MatMul', [weights[1]!, part('value', 'earlier')])]);
  const sum = g.node('Add', [own, promptValues(g, weights[2]!, part('value', 'prompt'), shared, size)]);
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

/** [B, heads, groupHeads, 1, S]: each sequence's queries with the keys of its prompt. */
function promptScores(g: GraphBuilder, queryRows: Value, keys: Value, inputs: AttentionInputs): Value {
  const products = timesTransposed(g, g.node('Gather', [queryRows, inputs.toPrompt]), keys);
  const rows = g.node('Reshape', [g.node('Add', [products, inputs.promptMask]), inputs.promptRows]);
  return g.node('Gather', [rows, inputs.fromPrompt]);
}

/** [B, heads, groupHeads, 1, headSize] */
function promptValues(g: GraphBuilder, weights: Value, values: Value, inputs: AttentionInputs, size: number): Value {
  const gathered = g.node('Gather', [g.node('Reshape', [weights, inputs.promptRows]), inputs.toPrompt]);
  const rows = g.node('Reshape', [g.node('MatMul', [gathered, values]), g.ints([-1, size])]);
  return g.node('Gather', [rows, inputs.fromPrompt]);
}
