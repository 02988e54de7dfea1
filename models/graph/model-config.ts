// config.json -> what the graph builder needs. A model that it would compute wrongly is refused: an architecture, an
// activation, a rotary scaling or a key that it does not know is an error that names it.
// Follows transformers' configuration_{llama,qwen2,qwen3}.py, `rope_theta` with `rope_scaling` as well as `rope_parameters`.
import { z } from 'zod';
import { UserError } from '../../formats/user-error.ts';
import type { Family, FamilyParts } from './families/family.ts';
import { llama } from './families/llama.ts';
import { qwen2 } from './families/qwen2.ts';
import { qwen3 } from './families/qwen3.ts';

export const FAMILIES: readonly Family[] = [llama, qwen2, qwen3];

export type Rope =
  | { readonly kind: 'default'; readonly theta: number }
  | { readonly kind: 'linear'; readonly theta: number; readonly factor: number }
  | {
      readonly kind: 'llama3';
      readonly theta: number;
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalMaxPositions: number;
    };

export interface ModelConfig extends FamilyParts {
  readonly family: string;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layerCount: number;
  readonly headCount: number;
  readonly keyValueHeadCount: number;
  readonly headSize: number;
  readonly vocabSize: number;
  readonly maxPositions: number;
  readonly normEpsilon: number;
  /** The LM head's weights are the embedding's. */
  readonly tiedHead: boolean;
  readonly rope: Rope;
}

const count = z.number().int().min(1).max(10_000_000);
const positive = z.number().positive().finite();
const ropeKeys = {
  type: z.string().optional(),
  rope_type: z.string().optional(),
  rope_theta: positive.optional(),
  factor: positive.optional(),
  low_freq_factor: positive.optional(),
  high_freq_factor: positive.optional(),
  original_max_position_embeddings: count.optional(),
};
const ropeSchema = z.strictObject(ropeKeys);

const configSchema = z.looseObject({
  architectures: z.array(z.string()).length(1).optional(),
  model_type: z.string(),
  hidden_act: z.string().default('silu'),
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: count.optional(),
  head_dim: count.nullish(),
  vocab_size: count,
  max_position_embeddings: count,
  rms_norm_eps: positive,
  rope_theta: positive.optional(),
  rope_scaling: ropeSchema.nullish(),
  rope_parameters: ropeSchema.nullish(),
  tie_word_embeddings: z.boolean().optional(),
});
type RawConfig = z.output<typeof configSchema>;

/** Keys without a meaning for a forward pass in float32: training, tokens, caching, book-keeping. */
const HARMLESS = new Set([
  'attention_dropout',
  'bos_token_id',
  'chunk_size_feed_forward',
  'dtype',
  'eos_token_id',
  'id2label',
  'initializer_range',
  'label2id',
  'is_llama_config',
  'layer_types',
  'max_window_layers',
  'output_attentions',
  'output_hidden_states',
  'pad_token_id',
  'pretraining_tp',
  'problem_type',
  'return_dict',
  'sliding_window',
  'torch_dtype',
  'transformers.js_config',
  'transformers_version',
  'unsloth_fixed',
  'use_cache',
]);

/** Reads a parsed config.json; `where` names the file in errors. */
export function parseModelConfig(json: unknown, where = 'config.json'): ModelConfig {
  const modelType = (json as { model_type?: unknown } | null)?.model_type;
  const family = FAMILIES.find(({ name }) => name === modelType);
  if (family === undefined)
    throw new UserError(
      `${where}: model_type ${JSON.stringify(modelType)} is not supported; known: ${FAMILIES.map(({ name }) => name).join(', ')}`,
    );
  const parsed = configSchema.safeParse(json);
  if (!parsed.success)
    throw new UserError(`${where}: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`);
  const raw = parsed.data;
  refuseUnknown(raw, family, where);

  const headSize = raw.head_dim ?? raw.hidden_size / raw.num_attention_heads;
  const keyValueHeadCount = raw.num_key_value_heads ?? raw.num_attention_heads;
  if (!Number.isInteger(headSize) || headSize % 2 !== 0)
    throw new UserError(`${where}: a head of ${headSize} numbers (hidden_size / num_attention_heads or head_dim) is no even integer`);
  if (raw.num_attention_heads % keyValueHeadCount !== 0)
    throw new UserError(
      `${where}: num_attention_heads ${raw.num_attention_heads} is no multiple of num_key_value_heads ${keyValueHeadCount}`,
    );
  return {
    family: family.name,
    hiddenSize: raw.hidden_size,
    intermediateSize: raw.intermediate_size,
    layerCount: raw.num_hidden_layers,
    headCount: raw.num_attention_heads,
    keyValueHeadCount,
    headSize,
    vocabSize: raw.vocab_size,
    maxPositions: raw.max_position_embeddings,
    normEpsilon: raw.rms_norm_eps,
    tiedHead: raw.tie_word_embeddings ?? family.defaultTiedHead,
    rope: readRope(raw, family, where),
    ...family.parts((key) => raw[key] === true),
  };
}

function refuseUnknown(raw: RawConfig, family: Family, where: string): void {
  if (raw.architectures !== undefined && raw.architectures[0] !== family.architecture)
    throw new UserError(
      `${where}: architectures ${raw.architectures[0]} is not supported; a ${family.name} model is ${family.architecture}`,
    );
  if (raw.hidden_act !== 'silu') throw new UserError(`${where}: hidden_act ${raw.hidden_act} is not supported; expected silu`);
  if (Array.isArray(raw.layer_types) && raw.layer_types.some((type) => type !== 'full_attention'))
    throw new UserError(`${where}: layer_types has other values than full_attention; sliding windows are not supported`);
  const known = new Set([...Object.keys(configSchema.shape), ...family.switches, ...HARMLESS]);
  // Switched off or absent is what the builder does anyway; `sliding_window` alone means nothing while `use_sliding_window` is off.
  const isOff = (value: unknown) => value === null || value === false;
  const unknown = Object.keys(raw).filter((key) => !known.has(key) && !key.startsWith('_') && !isOff(raw[key]));
  if (unknown.length > 0)
    throw new UserError(`${where}: ${unknown.join(', ')} is not supported for ${family.name}: the result could be silently wrong`);
}

function readRope(raw: RawConfig, family: Family, where: string): Rope {
  const scaling = raw.rope_parameters ?? raw.rope_scaling ?? {};
  const theta = scaling.rope_theta ?? raw.rope_theta ?? family.defaultRopeTheta;
  const kind = scaling.rope_type ?? scaling.type ?? 'default';
  const need = (key: 'factor' | 'low_freq_factor' | 'high_freq_factor' | 'original_max_position_embeddings'): number => {
    const value = scaling[key];
    if (value === undefined) throw new UserError(`${where}: rotary scaling ${kind} needs ${key}`);
    return value;
  };
  switch (kind) {
    case 'default':
      return { kind, theta };
    case 'linear':
      return { kind, theta, factor: need('factor') };
    case 'llama3':
      return {
        kind,
        theta,
        factor: need('factor'),
        lowFrequencyFactor: need('low_freq_factor'),
        highFrequencyFactor: need('high_freq_factor'),
        originalMaxPositions: need('original_max_position_embeddings'),
      };
    default:
      throw new UserError(`${where}: rotary scaling ${kind} is not supported; known: default, linear, llama3`);
  }
}
