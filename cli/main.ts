// argv in, text or JSON out: runs the command, turns what it throws into text, and ends the process. Exit 0 done, 1 failed run,
// 2 bad usage or spec, 130 interrupted (the run is kept).
import { CommanderError } from 'commander';
import { TransientError, UserError } from '../formats/user-error.ts';
import { buildProgram } from './program.ts';

/** One place turns whatever was thrown into text, with --json also into a document, and an exit code. */
function report(error: unknown, json: boolean): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  const { kind, text, code } = failure(error);
  // Commander has said it already.
  if (kind !== 'usage') process.stderr.write(`${text}\n`);
  if (kind === 'bug') process.stderr.write('This is a bug in tstar: please report it with the lines above.\n');
  if (json) process.stdout.write(`${JSON.stringify({ error: { kind, problems: text.split('\n') } }, null, 2)}\n`);
  return code;
}

interface Failure {
  readonly kind: 'usage' | 'input' | 'world' | 'bug';
  readonly text: string;
  readonly code: number;
}

function failure(error: unknown): Failure {
  if (error instanceof CommanderError) return { kind: 'usage', text: error.message.replace(/^error: /, ''), code: 2 };
  if (error instanceof UserError) return { kind: 'input', text: error.message, code: 2 };
  if (error instanceof TransientError) return { kind: 'world', text: error.message, code: 1 };
  return { kind: 'bug', text: error instanceof Error ? (error.stack ?? error.message) : String(error), code: 1 };
}

let code = 0;
// Whoever reads may stop reading (`tstar dashboard RUN --figures DIR | head -1`): the command goes on to its end all the same.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
try {
  await buildProgram((value) => {
    code = value;
  }).parseAsync(process.argv);
} catch (error) {
  code = report(error, process.argv.includes('--json'));
}
// Native handles (Temporal's core) may keep the loop alive; everything that matters is closed by now.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
