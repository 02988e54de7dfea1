// mkdir -p, one folder at a time. Node's own recursive mkdir never returns where a folder that is there refuses a new one
// with ENOENT, as /proc does.
import { dirname } from 'node:path';
import { UserError } from '../../formats/user-error.ts';
import type { FileOperations } from './atomic-write.ts';
import { errorCode } from './disk-error.ts';

/** Makes the folder with all above it that are missing; the first that was made, undefined where it was there. */
export async function makeFolder(files: Pick<FileOperations, 'mkdir'>, folder: string): Promise<string | undefined> {
  try {
    return await makeOne(files, folder);
  } catch (error) {
    const above = dirname(folder);
    if (errorCode(error) !== 'ENOENT' || above === folder) throw error;
    const first = await makeFolder(files, above);
    const own = await makeOne(files, folder).catch((again: unknown) => Promise.reject(refused(folder, again)));
    return first ?? own;
  }
}

/** What is above is there now, and yet there is no such place. */
function refused(folder: string, cause: unknown): unknown {
  if (errorCode(cause) !== 'ENOENT') return cause;
  return new UserError(
    `cannot make ${folder}: ${dirname(folder)} takes no folders (ENOENT); name another folder for the store (TSTAR_HOME)`,
    { cause },
  );
}

async function makeOne(files: Pick<FileOperations, 'mkdir'>, folder: string): Promise<string | undefined> {
  try {
    await files.mkdir(folder);
    return folder;
  } catch (error) {
    // Also where a file is in its place: what is done in the folder next says so.
    if (errorCode(error) === 'EEXIST') return undefined;
    throw error;
  }
}
