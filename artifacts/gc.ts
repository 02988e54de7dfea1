// Garbage collection: removes the manifests and objects that nobody needs. What runs need comes as an argument; what was put
// lately stays in any case, because a run that is just being planned, or a step under way, names it only later. Run records
// and dashboards are documents and stay: they are small, and they are what people cite.
import type { CacheKey, Digest } from './digest.ts';
import type { Store } from './store.ts';

export interface Needs {
  readonly keys: ReadonlySet<CacheKey>;
  readonly objects: ReadonlySet<Digest>;
}

export interface GcOptions {
  readonly needs: Needs;
  /** What was put since then stays. */
  readonly before: Date;
  /** Counts and removes nothing. */
  readonly dryRun: boolean;
}

export interface GcCount {
  readonly manifests: number;
  readonly objects: number;
  readonly bytes: number;
}

export interface GcReport {
  readonly removed: GcCount;
  readonly kept: GcCount;
}

/** Manifests go first: a manifest that is there promises its objects. */
export async function collectGarbage(store: Store, { needs, before, dryRun }: GcOptions): Promise<GcReport> {
  const removed = { manifests: 0, objects: 0, bytes: 0 };
  const kept = { manifests: 0, objects: 0, bytes: 0 };
  const promised = new Set<Digest>(needs.objects);
  for await (const { name: key, sizeBytes, putAt } of store.listKeys()) {
    const isNeeded = needs.keys.has(key) || putAt >= before;
    const isGone = !isNeeded && (dryRun || (await store.removeManifest(key, before)));
    const count = isGone ? removed : kept;
    count.manifests++;
    count.bytes += sizeBytes;
    if (isGone) continue;
    for (const { digest } of Object.values((await store.getManifest(key))?.outputs ?? {})) promised.add(digest);
  }
  for await (const { name: digest, sizeBytes, putAt } of store.listObjects()) {
    const isNeeded = promised.has(digest) || putAt >= before;
    const isGone = !isNeeded && (dryRun || (await store.removeObject(digest, before)));
    const count = isGone ? removed : kept;
    count.objects++;
    count.bytes += sizeBytes;
  }
  return { removed, kept };
}
