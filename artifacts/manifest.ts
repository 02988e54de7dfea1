// A manifest says what a unit's key stands for and what came out: enough to tell where any number came from and to make it
// again. It is written after its objects, so a manifest that is there promises whole outputs. Times and hosts live here
// and never in a key.
import { z } from 'zod';
import { canonicalJsonBytes } from './canonical-json.ts';
import { type CacheKey, cacheKeySchema, digestSchema } from './digest.ts';
import { keyComponentsSchema, keyOf } from './key.ts';
import { parsedObject } from './parsed-json.ts';

export const outputSchema = z.object({
  digest: digestSchema,
  sizeBytes: z.number().int().nonnegative(),
  /** Name of the ArtifactType. */
  type: z.string(),
  format: z.enum(['json', 'safetensors', 'parquet']),
});
export type ManifestOutput = z.infer<typeof outputSchema>;

export const manifestSchema = z.object({
  key: cacheKeySchema,
  components: keyComponentsSchema,
  outputs: z.record(z.string(), outputSchema),
  /** All validated params of the node, for people; the key holds what counts. */
  params: parsedObject,
  startedAt: z.string(),
  durationMs: z.number().nonnegative(),
  /** Tokens that were generated for it; left out by steps that generate none. */
  tokens: z.number().int().nonnegative().optional(),
  /** `cpu`, `cuda`, or `light` for steps without a model. */
  device: z.string(),
  /** Processor, instruction set, memory: two kinds of CPU agree within the numeric floor, not to the bit. */
  machine: parsedObject,
  versions: z.record(z.string(), z.string()),
  run: z.string(),
  node: z.string(),
  warnings: z.array(z.string()),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** A manifest without what is the same in all of a run's, which is most of it: for whoever holds 100,000 at once. */
export type UnitRecord = Omit<Manifest, 'params' | 'machine' | 'versions'>;

export function unitRecord({ params: _params, machine: _machine, versions: _versions, ...record }: Manifest): UnitRecord {
  return record;
}

export function encodeManifest(manifest: Manifest): Uint8Array {
  return canonicalJsonBytes(manifest);
}

/** The manifest of `key`, or in words what is wrong with the bytes: not JSON, not a manifest, or of another key. */
export function decodeManifest(bytes: Uint8Array, key: CacheKey): Manifest | { readonly problem: string } {
  const parsed = manifestSchema.safeParse(parseJson(bytes));
  if (!parsed.success) return { problem: `is no manifest (${bytes.length} bytes)` };
  const named = parsed.data.key;
  if (named !== key) return { problem: `is that of key ${named}` };
  if (keyOf(parsed.data.components) !== key) return { problem: 'holds components that do not hash to its key' };
  return parsed.data;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    return undefined;
  }
}
