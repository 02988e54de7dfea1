// The two kinds of expected failure; the class is the retry policy. Anything else that is thrown is a bug.

/** Bad input: a spec, a model file, a dataset, a flag. Never retried. The message is one clear line: what, where, what to do. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** The world failed (network, disk, a lost process): worth another try, elsewhere or later. */
export class TransientError extends Error {
  override readonly name = 'TransientError';
}
