// Names of content: SHA-256 in lower-case hex. A Digest names bytes, a CacheKey names a unit of work before it is done;
// the brands keep the two from being swapped.
import { hash } from 'node:crypto';
import { z } from 'zod';

const hex64 = z.string().regex(/^[0-9a-f]{64}$/, 'is not 64 lower-case hex digits');

export const digestSchema = hex64.brand<'Digest'>();
export type Digest = z.infer<typeof digestSchema>;

export const cacheKeySchema = hex64.brand<'CacheKey'>();
export type CacheKey = z.infer<typeof cacheKeySchema>;

/** SHA-256 of bytes (text counts as UTF-8). */
export function digestOf(bytes: Uint8Array | string): Digest {
  return hash('sha256', bytes) as Digest;
}
