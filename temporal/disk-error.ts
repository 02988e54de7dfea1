// What people are told when a file beside the server, or the server's program, cannot be written: a full disk may have room
// later, a folder without permission will not. Anything else is passed on as it is.
import { TransientError, UserError } from '../formats/user-error.ts';

const FULL: readonly string[] = ['ENOSPC', 'EDQUOT'];
const REFUSED: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the disk is read-only',
  ENOTDIR: 'a part of the path is no folder',
  ENOENT: 'its folder is gone, or a link that leads nowhere',
  EEXIST: 'something else is in its place',
  EISDIR: 'a folder is in its place',
  ERR_FS_EISDIR: 'a folder is in its place',
  ELOOP: 'a link leads back to itself',
  ENAMETOOLONG: 'the path is too long',
};

/** The error to throw for what failed in `folder`, which `setting` names. */
export function diskError(error: unknown, folder: string, setting: 'TSTAR_HOME' | 'TSTAR_CACHE'): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error;
  const { code } = error;
  // A write that fails names no path.
  const place = 'path' in error && typeof error.path === 'string' ? error.path : folder;
  if (FULL.includes(code))
    return new TransientError(`cannot write ${place}: the disk is full (${code}); make room there, or set ${setting} to another folder`, {
      cause: error,
    });
  const what = REFUSED[code];
  if (what === undefined) return error;
  return new UserError(`cannot write ${place}: ${what} (${code}); correct that, or set ${setting} to another folder`, { cause: error });
}
