// Bytes on their way into the cache: a folder `NAME.partial...` beside the target, with the bytes and the server's ETag of
// them. Whoever downloads owns its folder by renaming it to a name of its own, so two processes never write to one file; what a
// dead or failed download left is taken over by the next one and resumed.
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from './make-folder.ts';
import { giveUpPath, leftPaths, ownPath } from './own-names.ts';

export interface PartialFile {
  /** Where the bytes go. */
  readonly bytes: string;
  /** Names the version that the bytes are of; null where the server gave none, then they cannot be resumed. */
  readEtag(): Promise<string | null>;
  /** Drops the bytes, those of the version before, and says which one the next are of. */
  startOver(etag: string | null): Promise<void>;
  /** Whether bytes of an earlier download are in it. */
  readonly isInherited: boolean;
  sizeBytes(): Promise<number>;
  /** Gives the folder up for the next download to resume. */
  release(): Promise<void>;
  remove(): Promise<void>;
}

export async function claimPartial(target: string): Promise<PartialFile> {
  await makeFolder(dirname(target));
  const free = `${target}.partial`;
  const own = ownPath(free);
  let isInherited = await moved(free, own);
  if (!isInherited) {
    const [left] = await leftPaths(free);
    isInherited = left !== undefined && (await moved(left, own));
    if (!isInherited) await makeFolder(own);
  }
  const bytes = join(own, 'bytes');
  const etagFile = join(own, 'etag');
  return {
    bytes,
    readEtag: () => readFile(etagFile, 'utf8').catch(() => null),
    get isInherited() {
      return isInherited;
    },
    async startOver(etag) {
      isInherited = false;
      // In this order a kill in between leaves no bytes under the other version's tag.
      await rm(etagFile, { force: true });
      await writeFile(bytes, '');
      if (etag !== null) await writeFile(etagFile, etag);
    },
    sizeBytes: async () => (await stat(bytes).catch(() => undefined))?.size ?? 0,
    async release() {
      // Without bytes there is nothing to resume. Where another download has given up meanwhile, its bytes stay and ours go.
      const isEmpty = ((await stat(bytes).catch(() => undefined))?.size ?? 0) === 0;
      if (isEmpty || !(await moved(own, free))) await rm(own, { recursive: true, force: true });
      giveUpPath(own);
    },
    async remove() {
      await rm(own, { recursive: true, force: true });
      giveUpPath(own);
    },
  };
}

async function moved(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    () => false,
  );
}
