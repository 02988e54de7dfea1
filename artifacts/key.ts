// The one key function. A unit's key is the SHA-256 of canonical JSON over the named parts below, so it contains every knob
// and nothing else: no path, time or host. The planner and the worker both call this; the parts are kept in the manifest,
// where `explain` compares them.
import { z } from 'zod';
import type { Coordinates, Json } from '../pipelines/plan.ts';
import { canonicalJson } from './canonical-json.ts';
import { type CacheKey, type Digest, digestOf, digestSchema } from './digest.ts';
import { parsedJson, parsedObject } from './parsed-json.ts';

/** Raised when the parts or their spelling change: all older keys are then misses. */
const KEY_FORMAT = 1;

export interface KeyParts {
  /** The step type, `capture-hidden`. */
  readonly step: string;
  readonly version: number;
  /** Params that are no axis, models and datasets as digests. */
  readonly identity: { readonly [name: string]: Json };
  readonly coordinates: Coordinates;
  /** What the unit reads, by input name: an object's digest (`each`) or that of an output's index (`all`). */
  readonly inputs: { readonly [input: string]: Digest };
  /** Numeric environment of model steps, else null. */
  readonly environment: Json;
}

export const keyComponentsSchema = z.object({
  format: z.literal(KEY_FORMAT),
  step: z.string(),
  version: z.number().int(),
  identity: parsedObject,
  coordinates: z.record(z.string(), z.union([z.number(), z.string()])),
  inputs: z.record(z.string(), digestSchema),
  environment: parsedJson,
});
export type KeyComponents = z.infer<typeof keyComponentsSchema>;

export interface UnitKey {
  readonly key: CacheKey;
  readonly components: KeyComponents;
}

export function unitKey(parts: KeyParts): UnitKey {
  const { step, version, identity, coordinates, inputs, environment } = parts;
  const components = { format: KEY_FORMAT, step, version, identity, coordinates, inputs, environment } as KeyComponents;
  return { key: keyOf(components), components };
}

/** The key that stored components stand for; a manifest whose key differs from this is damaged. */
export function keyOf(components: KeyComponents): CacheKey {
  return digestOf(canonicalJson(components)) as string as CacheKey;
}
