// Files that a command writes where it was told to (--out, --figures, init): whole or not at all, and one line where that
// cannot be.
import { lstat, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../artifacts/stores/disk-error.ts';
import { makeFolder } from '../artifacts/stores/make-folder.ts';
import { TransientError, UserError } from '../formats/user-error.ts';

/** Written beside its place and renamed: a file that is there is whole. What is no file (/dev/null, a pipe) is written into. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<string> {
  const there = await lstat(path).catch(() => undefined);
  const isPlain = there === undefined || there.isFile() || there.isDirectory();
  const partial = `${path}.partial`;
  try {
    if (!isPlain) await writeFile(path, content);
    else {
      await makeFolder({ mkdir }, dirname(path));
      await writeFile(partial, content);
      await rename(partial, path);
    }
    return path;
  } catch (error) {
    if (isPlain) await rm(partial, { force: true }).catch(() => undefined);
    throw unwritable(path, error);
  }
}

/** Fails where something is there, which stays as it is. */
export async function writeNew(path: string, text: string): Promise<void> {
  try {
    await makeFolder({ mkdir }, dirname(path));
    const handle = await open(path, 'wx');
    try {
      await handle.writeFile(text);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unwritable(path, error);
  }
}

function unwritable(path: string, cause: unknown): unknown {
  // A place that takes no folders is refused in words about the store.
  const code = errorCode(cause) ?? (cause instanceof UserError ? errorCode(cause.cause) : undefined);
  if (code === undefined) return cause;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new TransientError(`${path} cannot be written: the disk is full (${code}); make room there, or name another place`, { cause });
  if (code === 'EEXIST' || code === 'EISDIR')
    return new UserError(`${path} is there already and is left as it is (${code}): name another file`, { cause });
  return new UserError(`${path} cannot be written (${code}): name a file in a folder that you may write`, { cause });
}
