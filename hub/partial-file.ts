// Bytes on their way into the cache: a folder `NAME.partial...` beside the target, with the bytes and the server's ETag of
// them. Whoever downloads owns its folder by renaming it to its own name (host, process, count), so two processes never
// write to one file; what a dead or failed download left is taken over by the next one and resumed.
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from './make-folder.ts';

export interface PartialFile {
  /** Where the bytes go. */
  readonly bytes: string;
  /** Names the version that the bytes are of; null where the server gave none, then they cannot be resumed. */
  readEtag(): Promise<string | null>;
  writeEtag(etag: string | null): Promise<void>;
  sizeBytes(): Promise<number>;
  /** Gives the folder up for the next download to resume. */
  release(): Promise<void>;
  remove(): Promise<void>;
}

let count = 0;
const ownNow = new Set<string>();

export async function claimPartial(target: string): Promise<PartialFile> {
  await makeFolder(dirname(target));
  const free = `${target}.partial`;
  const own = `${free}-${hostname()}-${process.pid}-${count++}`;
  ownNow.add(own);
  if (!(await moved(free, own))) {
    const left = await abandoned(target);
    if (left === undefined || !(await moved(left, own))) await makeFolder(own);
  }
  const bytes = join(own, 'bytes');
  const etagFile = join(own, 'etag');
  return {
    bytes,
    readEtag: () => readFile(etagFile, 'utf8').catch(() => null),
    writeEtag: (etag) => (etag === null ? rm(etagFile, { force: true }) : writeFile(etagFile, etag)),
    sizeBytes: async () => (await stat(bytes).catch(() => undefined))?.size ?? 0,
    async release() {
      // Without bytes there is nothing to resume. Where another download has given up meanwhile, its bytes stay and ours go.
      const isEmpty = ((await stat(bytes).catch(() => undefined))?.size ?? 0) === 0;
      if (isEmpty || !(await moved(own, free))) await rm(own, { recursive: true, force: true });
      ownNow.delete(own);
    },
    async remove() {
      await rm(own, { recursive: true, force: true });
      ownNow.delete(own);
    },
  };
}

async function moved(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    () => false,
  );
}

/** The folder of a download on this machine whose process is gone. */
async function abandoned(target: string): Promise<string | undefined> {
  const prefix = `${basename(target)}.partial-${hostname()}-`;
  const names = (await readdir(dirname(target))).filter((name) => name.startsWith(prefix)).map((name) => join(dirname(target), name));
  return names.find((name) => {
    const pid = Number(name.slice(name.lastIndexOf(prefix) + prefix.length).split('-')[0]);
    return pid === process.pid ? !ownNow.has(name) : !isAlive(pid);
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and is somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
