// How a command ended that did not do what it was asked, for people and for programs: a line, or on a terminal up to three (what,
// where, what to do), and with --json `{"error": ErrorDocument}`, the same for every command.
import { CommanderError } from 'commander';
import { type ErrorParts, errorLine, linesOf, TransientError, UserError } from '../formats/user-error.ts';

export interface ErrorDocument {
  /** usage: of the command line; input: of a file, a param, a name; world: network, disk, server; run: what ended a run; interrupted: the run is kept. */
  readonly kind: 'usage' | 'input' | 'world' | 'run' | 'interrupted' | 'bug';
  readonly problems: readonly ErrorParts[];
}

/** A Ctrl-C, or its like, ended the command. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

export const EXIT = { done: 0, failed: 1, input: 2, interrupted: 130 } as const;

export function errorDocument(error: unknown): { readonly error: ErrorDocument; readonly code: number } {
  const of = (kind: ErrorDocument['kind'], problems: readonly ErrorParts[], code: number) => ({ error: { kind, problems }, code });
  if (error instanceof CommanderError) return of('usage', linesOf(error.message.replace(/^error: /, '')), EXIT.input);
  if (error instanceof UserError) return of('input', error.parts, EXIT.input);
  if (error instanceof TransientError) return of('world', linesOf(error.message), EXIT.failed);
  if (error instanceof Interrupted) return of('interrupted', linesOf(error.message), EXIT.interrupted);
  // Node's own words for it name no remedy.
  if (error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd')
    return of('input', [{ what: 'the working folder is gone', where: null, hint: 'change to a folder that is there (cd)' }], EXIT.input);
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return of('bug', [{ what, where: null, hint: null }], EXIT.failed);
}

/** Of a run that failed or was cancelled, beside what it had found. */
export function runError(message: string): ErrorDocument {
  return { kind: 'run', problems: linesOf(message) };
}

/** A line per problem; on a terminal those in parts stand below each other. */
export function errorText({ problems }: ErrorDocument, { isTTY = false }: { readonly isTTY?: boolean } = {}): string {
  return problems.map((parts) => (isTTY ? standing(parts) : errorLine(parts))).join('\n');
}

function standing({ what, where, hint }: ErrorParts): string {
  if (where === null && hint === null) return what;
  return [`error: ${what}`, ...(where === null ? [] : [`  at ${where}`]), ...(hint === null ? [] : [`  hint: ${hint}`])].join('\n');
}
