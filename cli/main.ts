// argv in, text or JSON out: runs the command, turns what it throws into text, and ends the process. Exit 0 done, 1 failed run,
// 2 bad usage or spec, 130 interrupted (the run is kept).
import { CommanderError } from 'commander';
import { EXIT, errorDocument, errorText } from './error-document.ts';
import { buildProgram } from './program.ts';

/** One place turns whatever was thrown into text, with --json also into a document, and an exit code. */
function report(thrown: unknown, json: boolean): number {
  if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
  const { error, code } = errorDocument(thrown);
  // Commander has said it already.
  if (error.kind !== 'usage') process.stderr.write(`${errorText(error, process.stderr)}\n`);
  if (error.kind === 'bug') process.stderr.write('This is a bug in tstar: please report it with the lines above.\n');
  if (json) process.stdout.write(`${JSON.stringify({ error }, null, 2)}\n`);
  return code;
}

// Stdout is data: what a step module of one's own logs is for people.
globalThis.console = new console.Console(process.stderr);
let code = 0;
let lost: NodeJS.ErrnoException | undefined;
// Whoever reads may stop reading (`tstar dashboard RUN --figures DIR | head -1`): the command goes on to its end all the same. Also
// where a disk is full: what it has started is stopped in order, and then it says so. What stderr cannot take nobody can be told.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') lost ??= error;
});
process.stderr.on('error', () => undefined);
try {
  await buildProgram((value) => {
    code = value;
  }).parseAsync(process.argv);
} catch (error) {
  code = report(error, process.argv.includes('--json'));
}
// Native handles (Temporal's core) may keep the loop alive; everything that matters is closed by now.
process.stdout.write('', () => setImmediate(() => process.stderr.write(lostText(), () => process.exit(exitCode()))));

function lostText(): string {
  if (lost === undefined) return '';
  return `standard output could not be written (${lost.code ?? lost.message}): what was printed is not whole; make room, or send it elsewhere\n`;
}

/** A command whose output is lost has not done what it was asked. */
function exitCode(): number {
  return lost !== undefined && code === EXIT.done ? EXIT.failed : code;
}
