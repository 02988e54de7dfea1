// A worker process of this command's own: started where nobody else serves the queues, ended with the command. What it says
// on stderr goes through `log`, so that it does not tear the progress lines.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface OwnWorker {
  readonly pid: number;
  /** Lets it finish or hand back what is under way, then ends it. */
  drain(): Promise<void>;
  /** Ends it now. */
  kill(): Promise<void>;
}

/** Longer than a worker's own grace and force times together. */
const DRAIN_LIMIT_MS = 20_000;
const PROGRAM = fileURLToPath(new URL('../../cli/tstar.mjs', import.meta.url));

export function startOwnWorker({ home, queues, log }: { readonly home: string; readonly queues: readonly string[]; readonly log: (text: string) => void }): OwnWorker {
  const args = [PROGRAM, 'worker', '--quiet', '--parent', String(process.pid), ...queues.flatMap((queue) => ['--queue', queue])];
  // A group of its own: Ctrl-C in the terminal is for the command, which drains the worker.
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, TSTAR_HOME: home } });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  createInterface({ input: child.stderr! }).on('line', log);
  child.once('error', (error) => log(`the worker could not be started: ${error.message}`));
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), DRAIN_LIMIT_MS);
    await ended;
    clearTimeout(late);
  };
  return { pid: pidOf(child), drain: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}

function pidOf({ pid }: ChildProcess): number {
  return pid ?? 0;
}
