// What a failed file operation means for the run: a full disk or a flaky one is worth a retry, a folder that may not be
// written is for a person. The message names the path and what to do.
import { TransientError, UserError } from '../../formats/user-error.ts';

interface Meaning {
  readonly kind: typeof UserError | typeof TransientError;
  readonly what: string;
  readonly remedy: string;
}

const FULL = 'free some space; finished units are kept and the run goes on by itself';
const ELSEWHERE = 'name another folder for the store (TSTAR_HOME)';
const PERMIT = 'make the folder writable or name another one for the store (TSTAR_HOME)';
const MEANINGS: Readonly<Record<string, Meaning>> = {
  ENOSPC: { kind: TransientError, what: 'the disk is full', remedy: FULL },
  EDQUOT: { kind: TransientError, what: 'the disk quota is used up', remedy: FULL },
  EIO: { kind: TransientError, what: 'the disk reports an input/output error', remedy: 'check the disk' },
  EMFILE: { kind: TransientError, what: 'too many files are open', remedy: 'raise the limit (ulimit -n)' },
  ENFILE: { kind: TransientError, what: 'too many files are open on this machine', remedy: 'end other programs' },
  ESTALE: { kind: TransientError, what: 'the network disk lost the file', remedy: 'check that it is mounted' },
  EROFS: { kind: UserError, what: 'the disk is read-only', remedy: ELSEWHERE },
  EACCES: { kind: UserError, what: 'permission denied', remedy: PERMIT },
  EPERM: { kind: UserError, what: 'operation not permitted', remedy: PERMIT },
  ENOTDIR: { kind: UserError, what: 'a part of the path is a file', remedy: ELSEWHERE },
  // Of a read it is a miss, and no failure.
  ENOENT: { kind: UserError, what: 'its folder is gone, or a link that leads nowhere', remedy: `correct the link, or ${ELSEWHERE}` },
  ELOOP: { kind: UserError, what: 'a link leads back to itself', remedy: `correct the link, or ${ELSEWHERE}` },
  EISDIR: { kind: UserError, what: 'a folder is in its place', remedy: 'move that folder away' },
  ENAMETOOLONG: { kind: UserError, what: 'the path is too long', remedy: 'choose a shorter name' },
};

/** The error to throw for a failed operation on `path`; an unknown failure stays as it is (a bug). */
export function diskError(operation: 'read' | 'write', path: string, cause: unknown): unknown {
  const code = errorCode(cause);
  const meaning = code === undefined ? undefined : MEANINGS[code];
  if (meaning === undefined) return cause;
  return new meaning.kind(`cannot ${operation} ${path}: ${meaning.what} (${code}); ${meaning.remedy}`, { cause });
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
