// The two kinds of expected failure; the class is the retry policy. Anything else that is thrown is a bug.

/** What is wrong, where, and what to do; null where a message says it in a sentence of its own, or there is nothing to say. */
export interface ErrorParts {
  readonly what: string;
  readonly where: string | null;
  readonly hint: string | null;
}

/** Bad input: a spec, a model file, a dataset, a flag. Never retried. The message is one clear line: what, where, what to do. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly parts: readonly ErrorParts[];

  /** `told`: the message, or its parts, a line each. */
  constructor(told: string | readonly ErrorParts[], options?: ErrorOptions) {
    const parts = typeof told === 'string' ? linesOf(told) : told;
    super(parts.map(errorLine).join('\n'), options);
    this.parts = parts;
  }
}

/** Text that is in no parts: a problem a line. */
export function linesOf(text: string): readonly ErrorParts[] {
  return text.split('\n').map((what) => ({ what, where: null, hint: null }));
}

/** `FILE:3:5: steps.noisy.usess: there is no key "usess" here; did you mean uses?` */
export function errorLine({ what, where, hint }: ErrorParts): string {
  return `${where === null ? '' : `${where}: `}${what}${hint === null ? '' : `; ${hint}`}`;
}

/** The world failed (network, disk, a lost process): worth another try, elsewhere or later. */
export class TransientError extends Error {
  override readonly name = 'TransientError';
}
