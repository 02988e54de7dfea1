// config.json -> what the graph builder needs. A model that it would compute wrongly is refused: an architecture, an
// activation, a rotary scaling or a key that it does not know is an error that names it.
// Follows transformers' configuration_*.py of the families, `rope_theta` with `rope_scaling` as well as `rope_parameters`.
import { z } from 'zod';
import { UserError } from '../../formats/user-error.ts';
import type { Family, FamilyParts } from './families/family.ts';
import { gemma3 } from './families/gemma3.ts';
import { llama } from './families/llama.ts';
import { mistral } from './families/mistral.ts';
import { phi3 } from './families/phi3.ts';
import { qwen2 } from './families/qwen2.ts';
import { qwen3 } from './families/qwen3.ts';
import { type Rope, type RopeContext, reachOf, readRope } from './rope-config.ts';
import type { SmallPrecision } from './weight-precision.ts';

export const FAMILIES: readonly Family[] = [llama, qwen2, qwen3, mistral, phi3, gemma3];

export interface Layer {
  /** How many positions a token sees, itself among them; null: all before it. */
  readonly window: number | null;
  /** Which of the model's ropes. */
  readonly rope: number;
}

export interface ModelConfig extends FamilyParts {
  readonly family: string;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layerCount: number;
  readonly headCount: number;
  readonly keyValueHeadCount: number;
  readonly headSize: number;
  /** Channels of a head that rotate, its first. */
  readonly rotarySize: number;
  /** What the scores of the attention are multiplied by. */
  readonly attentionScale: number;
  readonly vocabSize: number;
  readonly maxPositions: number;
  readonly normEpsilon: number;
  /** The LM head's weights are the embedding's. */
  readonly tiedHead: boolean;
  readonly layers: readonly Layer[];
  readonly ropes: readonly Rope[];
  /** What the weights are rounded to; absent: nothing, they are taken as published. */
  readonly precision?: SmallPrecision;
}

const count = z.number().int().min(1).max(10_000_000);
const positive = z.number().positive().finite();
const object = z.record(z.string(), z.unknown());

const commonKeys = {
  architectures: z.array(z.string()).length(1).optional(),
  model_type: z.string(),
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  vocab_size: count,
  max_position_embeddings: count,
  rms_norm_eps: positive,
  rope_theta: positive.optional(),
  rope_scaling: object.nullish(),
  rope_parameters: object.nullish(),
  tie_word_embeddings: z.boolean().optional(),
};
/** Which of these a family knows, its own list says. */
const familyKeys = {
  hidden_act: z.string().optional(),
  hidden_activation: z.string().nullish(),
  attention_bias: z.boolean().optional(),
  mlp_bias: z.boolean().optional(),
  sliding_window: count.nullish(),
  layer_types: z.array(z.enum(['full_attention', 'sliding_attention'])).nullish(),
  sliding_window_pattern: count.optional(),
  _sliding_window_pattern: count.optional(),
  query_pre_attn_scalar: positive.optional(),
  partial_rotary_factor: positive.max(1).optional(),
  original_max_position_embeddings: count.optional(),
  rope_local_base_freq: positive.optional(),
};
const configSchema = z.looseObject({ ...commonKeys, ...familyKeys });
type RawConfig = z.output<typeof configSchema>;

/** Keys without a meaning for a forward pass in float32: training, tokens, caching, book-keeping. */
const HARMLESS = [
  'attention_dropout',
  'bos_token_id',
  'chunk_size_feed_forward',
  'dtype',
  'eos_token_id',
  'id2label',
  'initializer_range',
  'label2id',
  'is_llama_config',
  'output_attentions',
  'output_hidden_states',
  'pad_token_id',
  'pretraining_tp',
  'problem_type',
  'return_dict',
  'torch_dtype',
  'transformers.js_config',
  'transformers_version',
  'unsloth_fixed',
  'use_cache',
];

/** Reads a parsed config.json; `where` names the file in errors. */
export function parseModelConfig(json: unknown, where = 'config.json'): ModelConfig {
  const family = familyOf(json, where);
  const parsed = configSchema.safeParse({ ...family.defaults, ...(json as object) });
  if (!parsed.success)
    throw new UserError(`${where}: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`);
  const raw = parsed.data;
  const parts = family.parts(raw);
  refuseUnknown(raw, family, parts, where);

  const headSize = raw.head_dim ?? raw.hidden_size / raw.num_attention_heads;
  const keyValueHeadCount = raw.num_key_value_heads ?? raw.num_attention_heads;
  if (!Number.isInteger(headSize) || headSize % 2 !== 0)
    throw new UserError(`${where}: a head of ${headSize} numbers (hidden_size / num_attention_heads or head_dim) is no even integer`);
  if (raw.num_attention_heads % keyValueHeadCount !== 0)
    throw new UserError(
      `${where}: num_attention_heads ${raw.num_attention_heads} is no multiple of num_key_value_heads ${keyValueHeadCount}`,
    );
  const { ropes, rotarySize } = readRopes(raw, family, headSize, where);
  const maxPositions = Math.max(...ropes.map((rope) => reachOf(rope, raw.max_position_embeddings)));
  return {
    family: family.name,
    hiddenSize: raw.hidden_size,
    intermediateSize: raw.intermediate_size,
    layerCount: raw.num_hidden_layers,
    headCount: raw.num_attention_heads,
    keyValueHeadCount,
    headSize,
    rotarySize,
    attentionScale: 1 / Math.sqrt(parts.queryScalar ?? headSize),
    vocabSize: raw.vocab_size,
    maxPositions,
    normEpsilon: raw.rms_norm_eps,
    tiedHead: raw.tie_word_embeddings ?? family.defaultTiedHead,
    layers: readLayers(raw, family, maxPositions, where),
    ropes,
    ...parts,
  };
}

function familyOf(json: unknown, where: string): Family {
  const modelType = (json as { model_type?: unknown } | null)?.model_type;
  const family = FAMILIES.find(({ name }) => name === modelType);
  if (family !== undefined) return family;
  throw new UserError(
    `${where}: model_type ${JSON.stringify(modelType)} is not supported; known: ${FAMILIES.map(({ name }) => name).join(', ')}`,
  );
}

function refuseUnknown(raw: RawConfig, family: Family, parts: FamilyParts, where: string): void {
  if (raw.architectures !== undefined && raw.architectures[0] !== family.architecture)
    throw new UserError(
      `${where}: architectures ${raw.architectures[0]} is not supported; a ${family.name} model is ${family.architecture}`,
    );
  const activation = raw[family.activationKey] ?? parts.activation;
  if (activation !== parts.activation)
    throw new UserError(`${where}: ${family.activationKey} ${activation} is not supported; expected ${parts.activation}`);
  const known = new Set([...Object.keys(commonKeys), family.activationKey, ...family.keys, ...HARMLESS]);
  // Switched off or absent is what the builder does anyway.
  const isOff = (value: unknown) => value == null || value === false;
  const unknown = Object.keys(raw).filter((key) => !known.has(key) && !key.startsWith('_') && !isOff(raw[key]));
  if (unknown.length > 0)
    throw new UserError(`${where}: ${unknown.join(', ')} is not supported for ${family.name}: the result could be silently wrong`);
}

function readLayers(raw: RawConfig, family: Family, maxPositions: number, where: string): readonly Layer[] {
  const types = family.layerTypes(raw);
  if (raw.layer_types != null && raw.layer_types.join() !== types.join())
    throw new UserError(`${where}: layer_types is not supported for ${family.name} with other values than ${types[0]}`);
  if (types.length !== raw.num_hidden_layers)
    throw new UserError(`${where}: layer_types has ${types.length} values, num_hidden_layers is ${raw.num_hidden_layers}`);
  return types.map((type) => {
    const slides = type === 'sliding_attention';
    if (slides && raw.sliding_window == null) throw new UserError(`${where}: sliding_attention in layer_types needs sliding_window`);
    // A window that no sequence outgrows is none.
    const window = slides && raw.sliding_window! < maxPositions ? raw.sliding_window! : null;
    return { window, rope: slides && family.localRopeTheta !== undefined ? 1 : 0 };
  });
}

/** The rope of all layers; where sliding ones have their own, theirs too. */
function readRopes(
  raw: RawConfig,
  family: Family,
  headSize: number,
  where: string,
): { readonly ropes: Rope[]; readonly rotarySize: number } {
  const key = raw.rope_parameters == null ? 'rope_scaling' : 'rope_parameters';
  const context = (theta: number, path = key): RopeContext => ({
    where: `${where}: ${path}`,
    kinds: family.ropeKinds,
    theta,
    maxPositions: raw.max_position_embeddings,
    originalMaxPositions: raw.original_max_position_embeddings,
    partialFactor: raw.partial_rotary_factor,
  });
  const theta = raw.rope_theta ?? family.defaultRopeTheta;
  const read =
    family.localRopeTheta === undefined
      ? [readRope(raw[key] ?? {}, context(theta))]
      : byLayerType(raw, where).map(({ path, json }, i) =>
          readRope(json, context(i === 0 ? theta : (raw.rope_local_base_freq ?? family.localRopeTheta!), path)),
        );
  const partial = read[0]!.partialFactor;
  if (partial !== 1 && !family.keys.includes('partial_rotary_factor'))
    throw new UserError(`${where}: partial_rotary_factor is not supported for ${family.name}`);
  const rotarySize = Math.floor(headSize * partial);
  const ropes = read.map(({ rope }) => rope);
  for (const rope of ropes) checkFactors(rope, rotarySize, where);
  return { ropes, rotarySize };
}

/** `rope_parameters` by layer type, or the old `rope_scaling`, which is the global layers'. */
function byLayerType(raw: RawConfig, where: string): { readonly path: string; readonly json: unknown }[] {
  const given = raw.rope_parameters ?? {};
  const foreign = Object.keys(given).find((key) => key !== 'full_attention' && key !== 'sliding_attention');
  if (foreign !== undefined)
    throw new UserError(`${where}: rope_parameters.${foreign} is not supported; expected full_attention and sliding_attention`);
  return [
    { path: 'rope_parameters.full_attention', json: { ...(given.full_attention ?? {}), ...raw.rope_scaling } },
    { path: 'rope_parameters.sliding_attention', json: given.sliding_attention ?? {} },
  ];
}

function checkFactors(rope: Rope, rotarySize: number, where: string): void {
  if (rotarySize < 2 || rotarySize % 2 !== 0)
    throw new UserError(`${where}: partial_rotary_factor leaves ${rotarySize} channels of a head to rotate, expected an even number`);
  if (rope.kind !== 'longrope') return;
  for (const [key, { length }] of [['short_factor', rope.shortFactors] as const, ['long_factor', rope.longFactors] as const])
    if (length !== rotarySize / 2)
      throw new UserError(`${where}: ${key} has ${length} numbers, expected ${rotarySize / 2} (half of the rotated channels)`);
}
