// The leases of one shard's attempt on the units that it computes: taken before, renewed while it works, released as each unit
// is put. What another run computes just now is left to it.
import type { CacheKey } from '../artifacts/digest.ts';
import type { Store } from '../artifacts/store.ts';
import { writerName } from '../artifacts/stores/temporary-name.ts';

/** Several times within a lease's life. */
const RENEW_INTERVAL_MS = 2000;

export interface UnitLeases {
  /** Those of the keys that nobody else holds. */
  take(keys: readonly CacheKey[]): Promise<ReadonlySet<CacheKey>>;
  release(key: CacheKey): Promise<void>;
  /** Releases what is still held. */
  close(): Promise<void>;
}

export function openLeases(store: Store): UnitLeases {
  const holder = writerName();
  const held = new Set<CacheKey>();
  const renewing = setInterval(() => {
    for (const key of held) store.renewLease(key).catch(() => undefined);
  }, RENEW_INTERVAL_MS);
  const release = async (key: CacheKey): Promise<void> => {
    if (held.delete(key)) await store.releaseLease(key, holder);
  };
  return {
    async take(keys) {
      const taken = new Set<CacheKey>();
      for (const key of keys) {
        if (!(await store.takeLease(key, holder))) continue;
        held.add(key);
        taken.add(key);
      }
      return taken;
    },
    release,
    async close() {
      clearInterval(renewing);
      await Promise.all([...held].map(release));
    },
  };
}
