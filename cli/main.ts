// argv in, text or JSON out: runs the command, turns what it throws into text, and ends the process. Exit 0 done, 1 failed run,
// 2 bad usage or spec, 130 interrupted (the run is kept).
import { CommanderError } from 'commander';
import { UserError } from '../formats/user-error.ts';
import { buildProgram } from './program.ts';

/** One place turns whatever was thrown into text and an exit code. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UserError) {
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  const known = error instanceof Error && error.name === 'TransientError';
  process.stderr.write(`${known ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  if (!known) process.stderr.write('This is a bug in tstar: please report it with the lines above.\n');
  return 1;
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
  code = report(error);
}
// Native handles (Temporal's core) may keep the loop alive; everything that matters is closed by now.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
