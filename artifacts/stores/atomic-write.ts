// Writes that are there whole or not at all, also after a power cut: a temporary file beside the target, fsync, rename,
// fsync of the folder. File operations come as an argument, so that tests can fill the disk.
import type { link, mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { diskError, errorCode } from './disk-error.ts';
import { makeFolder } from './make-folder.ts';
import { temporaryName } from './temporary-name.ts';

/** The part of node:fs/promises that a folder store uses. */
export interface FileOperations {
  readonly open: typeof open;
  readonly mkdir: typeof mkdir;
  readonly rename: typeof rename;
  readonly link: typeof link;
  readonly readFile: typeof readFile;
  readonly readdir: typeof readdir;
  readonly stat: typeof stat;
  readonly rm: typeof rm;
  readonly utimes: typeof utimes;
}

/** Replaces `path` by `bytes`. */
export async function writeAtomically(files: FileOperations, path: string, bytes: Uint8Array): Promise<void> {
  await place(files, path, bytes, async (temporary) => {
    await files.rename(temporary, path);
    return true;
  });
}

/** Creates `path` with `bytes` unless it exists; false where another writer was first. Readers never see a part of it. */
export async function createExclusively(files: FileOperations, path: string, bytes: Uint8Array): Promise<boolean> {
  return place(files, path, bytes, async (temporary) => {
    try {
      await files.link(temporary, path);
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      if (!NO_LINKS.includes(errorCode(error) ?? '')) throw error;
      return await createInPlace(files, path, bytes);
    } finally {
      await files.rm(temporary, { force: true });
    }
  });
}

/** Codes of disks without hard links (exFAT, some network mounts). */
const NO_LINKS: readonly string[] = ['ENOTSUP', 'EPERM', 'ENOSYS', 'EOPNOTSUPP', 'EMLINK'];

async function createInPlace(files: FileOperations, path: string, bytes: Uint8Array): Promise<boolean> {
  try {
    await writeSynced(files, path, bytes);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    // A part of it would be taken for the whole.
    await files.rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function place(
  files: FileOperations,
  path: string,
  bytes: Uint8Array,
  put: (temporary: string) => Promise<boolean>,
): Promise<boolean> {
  const folder = dirname(path);
  const temporary = join(folder, temporaryName());
  try {
    const made = await makeFolder(files, folder);
    await writeSynced(files, temporary, bytes);
    const placed = await put(temporary);
    await syncFolders(files, folder, made);
    return placed;
  } catch (error) {
    // What failed is reported; a temporary file that cannot be removed either is swept when the store is opened again.
    await files.rm(temporary, { force: true }).catch(() => undefined);
    throw diskError('write', path, error);
  }
}

async function writeSynced(files: FileOperations, path: string, bytes: Uint8Array): Promise<void> {
  const handle = await files.open(path, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the new name durable, and the names of folders that were made for it (`made`: the first of them). */
async function syncFolders(files: FileOperations, folder: string, made: string | undefined): Promise<void> {
  await syncFolder(files, folder);
  if (made === undefined) return;
  for (let below = folder; below.length >= made.length; below = dirname(below)) await syncFolder(files, dirname(below));
}

async function syncFolder(files: FileOperations, folder: string): Promise<void> {
  try {
    const handle = await files.open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    // Some systems have no fsync of folders; there the rename alone has to do.
    if (!['EISDIR', 'EPERM', 'EINVAL', 'EACCES', 'ENOTSUP'].includes(errorCode(error) ?? '')) throw error;
  }
}
