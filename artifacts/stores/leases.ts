// Leases of a folder store: a file beside the place of a unit's manifest says who computes the unit now, so that another run
// waits for it instead of computing it too. Created exclusively, renewed by touching, free for all once it is not. A lease only
// saves work: two holders at once write the same unit twice, nothing else.
import { dirname, join } from 'node:path';
import type { CacheKey } from '../digest.ts';
import type { FileOperations } from './atomic-write.ts';
import { diskError, errorCode } from './disk-error.ts';
import { makeFolder } from './make-folder.ts';
import { isWriterGone } from './temporary-name.ts';

/** Whoever holds a lease renews it every few seconds; after so long without it has lost it. */
export const LEASE_MS = 10_000;
const ENDING = '.lease';

export function leasesOf(files: FileOperations, root: string, leaseMs = LEASE_MS) {
  const pathOf = (key: CacheKey) => join(root, 'manifests', key.slice(0, 2), `${key}${ENDING}`);
  return {
    async takeLease(key: CacheKey, holder: string): Promise<boolean> {
      const path = pathOf(key);
      // Again where the holder before has just let go.
      for (let tries = 0; tries < 3; tries++) {
        if (await createLease(files, path, holder)) return true;
        const found = await readLease(files, path);
        if (found === undefined) continue;
        if (found.holder === holder) return true;
        if (!isFree(found, leaseMs)) return false;
        await files.rm(path, { force: true });
      }
      return false;
    },
    async renewLease(key: CacheKey): Promise<void> {
      const now = new Date();
      await files.utimes(pathOf(key), now, now).catch(() => undefined);
    },
    async releaseLease(key: CacheKey, holder: string): Promise<void> {
      const path = pathOf(key);
      if ((await readLease(files, path).catch(() => undefined))?.holder === holder)
        await files.rm(path, { force: true }).catch(() => undefined);
    },
  };
}

/** Whether a file of the store is a lease that nobody holds any more: left by a killed process. */
export async function isLeftLease(files: FileOperations, path: string): Promise<boolean> {
  if (!path.endsWith(ENDING)) return false;
  const found = await readLease(files, path).catch(() => undefined);
  return found !== undefined && isFree(found, LEASE_MS);
}

interface Lease {
  /** Empty for a moment after it was created. */
  readonly holder: string;
  readonly renewedAtMs: number;
}

/** A time to come is as far off as one long past: a clock was wrong, and waiting for that time to pass might take for ever. */
function isFree({ holder, renewedAtMs }: Lease, leaseMs: number): boolean {
  return Math.abs(Date.now() - renewedAtMs) > leaseMs || isWriterGone(holder);
}

async function createLease(files: FileOperations, path: string, holder: string): Promise<boolean> {
  try {
    await makeFolder(files, dirname(path));
    const handle = await files.open(path, 'wx');
    try {
      await handle.writeFile(holder);
    } catch (error) {
      await files.rm(path, { force: true }).catch(() => undefined);
      throw error;
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw diskError('write', path, error);
  }
}

async function readLease(files: FileOperations, path: string): Promise<Lease | undefined> {
  try {
    const [bytes, { mtimeMs }] = await Promise.all([files.readFile(path), files.stat(path)]);
    return { holder: bytes.toString(), renewedAtMs: mtimeMs };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw diskError('read', path, error);
  }
}
