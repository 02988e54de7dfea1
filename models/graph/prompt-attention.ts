// Attention over a whole prompt by ONNX Runtime's GroupQueryAttention, which rotates, masks and sums; and the rotary tables
// that it reads. In: a layer's projections; out: its attention [B, S, heads * headSize] and the prompt's rotated keys and values.
import type { Projections } from './decoder-layers.ts';
import { type Attributes, float, type GraphBuilder, type Value } from './graph-builder.ts';
import type { Building } from './layers.ts';
import type { ModelConfig } from './model-config.ts';
import { rotaryTables } from './rotary.ts';

export interface PromptInputs {
  /** Every sequence's last position, int32 [B]. */
  readonly lastPositions: Value;
  /** S, int32 */
  readonly length: Value;
  /** Per rope. */
  readonly tables: readonly (readonly [cos: Value, sin: Value])[];
}

/** The graph input of a rope's table: `cos`, `sin`, of a second rope `cos.1`. */
export function tableName(table: 'cos' | 'sin', rope: number): string {
  return rope === 0 ? table : `${table}.${rope}`;
}

export function tableInputs(g: GraphBuilder, { ropes, rotarySize }: ModelConfig, rows: string): PromptInputs['tables'] {
  const input = (table: 'cos' | 'sin', rope: number) => g.input(tableName(table, rope), 'float32', [rows, rotarySize / 2]);
  return ropes.map((_, rope) => [input('cos', rope), input('sin', rope)] as const);
}

/** What those inputs are fed for the first `positions` of a sequence of `sequenceLength` tokens. */
export function promptTableFeeds(
  { ropes, rotarySize }: ModelConfig,
  positions: number,
  sequenceLength = positions,
): Record<string, { data: Float32Array; dims: number[] }> {
  const dims = [positions, rotarySize / 2];
  const entries = ropes.flatMap((rope, i) => {
    const { cos, sin } = rotaryTables(rope, rotarySize, positions, sequenceLength);
    return [[tableName('cos', i), { data: cos, dims }] as const, [tableName('sin', i), { data: sin, dims }] as const];
  });
  return Object.fromEntries(entries);
}

export interface PromptAttention {
  readonly attention: Value;
  readonly presentKey: Value;
  readonly presentValue: Value;
}

export function attendPrompt(
  { g, config }: Building,
  layer: number,
  projected: Projections,
  inputs: PromptInputs,
  name?: string,
): PromptAttention {
  const { rope } = config.layers[layer]!;
  const [attention, presentKey, presentValue] = g.nodes(
    'GroupQueryAttention',
    [projected.query, projected.key, projected.value, '', '', inputs.lastPositions, inputs.length, ...inputs.tables[rope]!],
    3,
    attributesOf(config, layer),
    name === undefined ? { domain: 'microsoft' } : { domain: 'microsoft', name },
  );
  return { attention: attention!, presentKey: presentKey!, presentValue: presentValue! };
}

/** Only what differs from the operator's defaults is said. */
function attributesOf({ headCount, keyValueHeadCount, queryScalar, attentionScale, layers }: ModelConfig, layer: number): Attributes {
  const { window } = layers[layer]!;
  return {
    num_heads: headCount,
    kv_num_heads: keyValueHeadCount,
    do_rotary: 1,
    ...(queryScalar === null ? {} : { scale: float(attentionScale) }),
    ...(window === null ? {} : { local_window_size: window }),
  };
}
