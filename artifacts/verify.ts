// Re-hashes a whole store and names what is damaged: objects whose bytes are others, manifests that do not parse or are of
// another key, and manifests whose object is missing. All of it counts as missing for runs, which compute it again.
import type { CacheKey, Digest } from './digest.ts';
import type { Store } from './store.ts';

export type Damage =
  | { readonly kind: 'corrupt-object'; readonly digest: Digest; readonly neededBy: readonly CacheKey[] }
  | { readonly kind: 'missing-object'; readonly digest: Digest; readonly neededBy: readonly CacheKey[] }
  | { readonly kind: 'damaged-manifest'; readonly key: CacheKey };

export interface Verification {
  readonly objects: number;
  readonly manifests: number;
  readonly bytes: number;
  readonly damages: readonly Damage[];
}

/** Reads every byte of the store; `progress` is told the bytes so far. */
export async function verifyStore(store: Store, progress: (bytes: number) => void = () => undefined): Promise<Verification> {
  const damages: Damage[] = [];
  const readers = new Map<Digest, CacheKey[]>();
  let [objects, manifests, bytes] = [0, 0, 0];
  for await (const { name: key, sizeBytes } of store.listKeys()) {
    manifests++;
    bytes += sizeBytes;
    const manifest = await store.getManifest(key);
    if (manifest === undefined) damages.push({ kind: 'damaged-manifest', key });
    for (const { digest } of Object.values(manifest?.outputs ?? {})) readers.set(digest, [...(readers.get(digest) ?? []), key]);
  }
  const there = new Set<Digest>();
  for await (const { name: digest, sizeBytes } of store.listObjects()) {
    objects++;
    bytes += sizeBytes;
    there.add(digest);
    if ((await store.getObject(digest)) === undefined)
      damages.push({ kind: 'corrupt-object', digest, neededBy: readers.get(digest) ?? [] });
    progress(bytes);
  }
  for (const [digest, neededBy] of readers) if (!there.has(digest)) damages.push({ kind: 'missing-object', digest, neededBy });
  return { objects, manifests, bytes, damages };
}
