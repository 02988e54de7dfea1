// Rotary scaling as config.json names it -> what rotary.ts computes. Kinds and keys that are not known are errors by name.
// Follows transformers' modeling_rope_utils.py.
import { z } from 'zod';
import { UserError } from '../../formats/user-error.ts';

export type Rope =
  | { readonly kind: 'default'; readonly theta: number }
  | { readonly kind: 'linear'; readonly theta: number; readonly factor: number }
  /** NTK: beyond `maxPositions` the base grows with the sequence. */
  | { readonly kind: 'dynamic'; readonly theta: number; readonly factor: number; readonly maxPositions: number }
  | {
      readonly kind: 'yarn';
      readonly theta: number;
      readonly factor: number;
      /** What cosines and sines are multiplied by. */
      readonly attentionFactor: number;
      readonly betaFast: number;
      readonly betaSlow: number;
      readonly originalMaxPositions: number;
      readonly truncates: boolean;
    }
  | {
      readonly kind: 'longrope';
      readonly theta: number;
      readonly attentionFactor: number;
      /** Per pair of channels, for sequences of up to `originalMaxPositions`. */
      readonly shortFactors: readonly number[];
      readonly longFactors: readonly number[];
      readonly originalMaxPositions: number;
    }
  | {
      readonly kind: 'llama3';
      readonly theta: number;
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalMaxPositions: number;
    };
export type RopeKind = Rope['kind'];

const positive = z.number().positive().finite();
const count = z.number().int().min(1).max(10_000_000);
const ropeSchema = z.strictObject({
  type: z.string().optional(),
  rope_type: z.string().optional(),
  rope_theta: positive.optional(),
  partial_rotary_factor: positive.max(1).optional(),
  factor: positive.nullish(),
  original_max_position_embeddings: count.optional(),
  low_freq_factor: positive.optional(),
  high_freq_factor: positive.optional(),
  attention_factor: positive.nullish(),
  beta_fast: positive.nullish(),
  beta_slow: positive.nullish(),
  mscale: z.number().min(0).finite().nullish(),
  mscale_all_dim: z.number().min(0).finite().nullish(),
  truncate: z.boolean().optional(),
  short_factor: z.array(positive).optional(),
  long_factor: z.array(positive).optional(),
});
type RawRope = z.output<typeof ropeSchema>;

/** What of the keys each kind reads; others would be left out silently. */
const KEYS: Readonly<Record<RopeKind, readonly (keyof RawRope)[]>> = {
  default: [],
  linear: ['factor'],
  dynamic: ['factor', 'original_max_position_embeddings'],
  yarn: [
    'factor',
    'original_max_position_embeddings',
    'attention_factor',
    'beta_fast',
    'beta_slow',
    'mscale',
    'mscale_all_dim',
    'truncate',
  ],
  longrope: ['factor', 'original_max_position_embeddings', 'attention_factor', 'short_factor', 'long_factor'],
  llama3: ['factor', 'original_max_position_embeddings', 'low_freq_factor', 'high_freq_factor'],
};
const COMMON: readonly (keyof RawRope)[] = ['type', 'rope_type', 'rope_theta', 'partial_rotary_factor'];

export interface RopeContext {
  /** File and key, for errors: `config.json: rope_scaling`. */
  readonly where: string;
  readonly kinds: readonly RopeKind[];
  /** Where the object itself names no base. */
  readonly theta: number;
  /** `max_position_embeddings` */
  readonly maxPositions: number;
  /** Outside of the object, where a family keeps it there; goes before. */
  readonly originalMaxPositions?: number | undefined;
  /** Share of a head's channels that rotate, outside of the object. */
  readonly partialFactor?: number | undefined;
}

/** `partialFactor`: the share of a head's channels that rotate. */
export function readRope(json: unknown, context: RopeContext): { readonly rope: Rope; readonly partialFactor: number } {
  const { where, kinds } = context;
  const parsed = ropeSchema.safeParse(json);
  if (!parsed.success)
    throw new UserError(parsed.error.issues.map(({ path, message }) => `${[where, ...path].join('.')}: ${message}`).join('; '));
  const raw = parsed.data;
  const named = raw.rope_type ?? raw.type ?? 'default';
  // Phi3's first name for it.
  const kind = kinds.find((known) => known === (named === 'su' ? 'longrope' : named));
  if (kind === undefined) throw new UserError(`${where}: rotary scaling ${named} is not supported; known: ${kinds.join(', ')}`);
  const foreign = Object.entries(raw).flatMap(([key, value]) =>
    value == null || [...COMMON, ...KEYS[kind]].some((known) => known === key) ? [] : [key],
  );
  if (foreign.length > 0) throw new UserError(`${where}: ${foreign.join(', ')} is not supported with rotary scaling ${kind}`);
  return { rope: ropeOf(kind, raw, context), partialFactor: raw.partial_rotary_factor ?? context.partialFactor ?? 1 };
}

function ropeOf(kind: RopeKind, raw: RawRope, context: RopeContext): Rope {
  const { where, maxPositions } = context;
  const need = <Key extends keyof RawRope>(key: Key): NonNullable<RawRope[Key]> => {
    const value = raw[key];
    if (value == null) throw new UserError(`${where}: rotary scaling ${kind} needs ${key}`);
    return value;
  };
  const theta = raw.rope_theta ?? context.theta;
  const original = context.originalMaxPositions ?? raw.original_max_position_embeddings ?? maxPositions;
  switch (kind) {
    case 'default':
      return { kind, theta };
    case 'linear':
      return { kind, theta, factor: need('factor') };
    case 'dynamic':
      return { kind, theta, factor: need('factor'), maxPositions };
    case 'yarn':
      return {
        kind,
        theta,
        factor: need('factor'),
        attentionFactor: raw.attention_factor ?? yarnAttentionFactor(need('factor'), raw),
        betaFast: raw.beta_fast ?? 32,
        betaSlow: raw.beta_slow ?? 1,
        originalMaxPositions: original,
        truncates: raw.truncate ?? true,
      };
    case 'longrope':
      return {
        kind,
        theta,
        attentionFactor: raw.attention_factor ?? longropeAttentionFactor(raw.factor ?? maxPositions / original, original),
        shortFactors: need('short_factor'),
        longFactors: need('long_factor'),
        originalMaxPositions: original,
      };
    case 'llama3':
      return {
        kind,
        theta,
        factor: need('factor'),
        lowFrequencyFactor: need('low_freq_factor'),
        highFrequencyFactor: need('high_freq_factor'),
        originalMaxPositions: need('original_max_position_embeddings'),
      };
  }
}

/** 0.1 mscale ln(factor) + 1, as the YaRN paper (arXiv 2309.00071, eq. 22) recommends; two mscales divide each other. */
function yarnAttentionFactor(factor: number, { mscale, mscale_all_dim: allDimensions }: RawRope): number {
  const scale = (by: number) => (factor <= 1 ? 1 : 0.1 * by * Math.log(factor) + 1);
  return mscale && allDimensions ? scale(mscale) / scale(allDimensions) : scale(1);
}

/** sqrt(1 + ln(factor) / ln(original)), LongRoPE (arXiv 2402.13753) as Phi3 takes it. */
function longropeAttentionFactor(factor: number, original: number): number {
  return factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
}

/** The longest sequence that a model is made for, where scaling reaches further than `max_position_embeddings`. */
export function reachOf(rope: Rope, maxPositions: number): number {
  if (rope.kind === 'dynamic') return Math.floor(rope.factor * rope.maxPositions);
  return rope.kind === 'yarn' ? Math.max(maxPositions, Math.floor(rope.factor * rope.originalMaxPositions)) : maxPositions;
}
