// What people are told when the folder of downloads cannot be written: a full disk may have room later, a folder without
// permission will not. Anything else is passed on as it is.
import { TransientError, UserError } from '../formats/user-error.ts';

export function diskError(error: unknown, folder: string, neededBytes: number | null): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const needed = neededBytes === null ? 'more room is needed' : `${neededBytes} bytes are needed`;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new TransientError(`${folder}: the disk is full, ${needed}; make room there, or set TSTAR_CACHE to another folder`, {
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
    return new UserError(`${folder}: cannot be written (${code}); correct its permissions, or set TSTAR_CACHE to another folder`, {
      cause: error,
    });
  }
  return error;
}
