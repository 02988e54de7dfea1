// A worker process of this command's own: started where nobody else serves the queues, ended with the command. One that dies
// (a crash, the out-of-memory killer) is replaced, its units under way are tried again. What it says on stderr goes through
// `log`, so that it does not tear the progress lines.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface OwnWorker {
  /** Aborted once none is started any more, with the reason in words. */
  readonly gone: AbortSignal;
  /** Lets it finish or hand back what is under way, then ends it. */
  drain(): Promise<void>;
  /** Ends it now. */
  kill(): Promise<void>;
}

export interface OwnWorkerOptions {
  readonly home: string;
  readonly queues: readonly string[];
  readonly log: (text: string) => void;
}

/** Longer than a worker's own grace and force times together. */
const DRAIN_LIMIT_MS = 20_000;
/** A worker that dies over and over has a reason that another one will meet too. */
const MAX_RESTARTS = 20;
/** So does one that ends by itself as soon as it is started; one that is killed then may have been unlucky. */
const MAX_FALSE_STARTS = 3;
const START_MS = 10_000;
const RESTART_AFTER_MS = 500;
const PROGRAM = fileURLToPath(new URL('../../cli/tstar.mjs', import.meta.url));

export function startOwnWorker(options: OwnWorkerOptions): OwnWorker {
  let stopping = false;
  let restarts = 0;
  let falseStarts = 0;
  const givenUp = new AbortController();
  let child = spawnWorker(options);
  const watch = (watched: ChildProcess): void => {
    const startedMs = Date.now();
    const onEnd = (code: number | null, signal: NodeJS.Signals | null): void => {
      if (stopping) return;
      const how = signal ?? (code === null ? 'not started' : `exit status ${code}`);
      falseStarts = signal === null && Date.now() - startedMs < START_MS ? falseStarts + 1 : 0;
      if (falseStarts >= MAX_FALSE_STARTS)
        givenUp.abort(`the worker ended ${falseStarts} times as soon as it was started (${how}), for the reason above`);
      else if (restarts++ >= MAX_RESTARTS) givenUp.abort(`the worker ended ${restarts} times (at last: ${how})`);
      else {
        options.log(`the worker ended (${how}); another one goes on with what it left`);
        setTimeout(startAgain, RESTART_AFTER_MS);
      }
    };
    watched.once('exit', onEnd);
    // One that could not be started has no exit.
    if (watched.pid === undefined) watched.once('error', () => onEnd(null, null));
  };
  const startAgain = (): void => {
    if (stopping) return;
    child = spawnWorker(options);
    watch(child);
  };
  watch(child);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    stopping = true;
    await endWorker(child, signal);
  };
  return { gone: givenUp.signal, drain: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}

function spawnWorker({ home, queues, log }: OwnWorkerOptions): ChildProcess {
  const args = [PROGRAM, 'worker', '--quiet', '--parent', String(process.pid), ...queues.flatMap((queue) => ['--queue', queue])];
  // A group of its own: Ctrl-C in the terminal is for the command, which drains the worker.
  const child = spawn(process.execPath, args, {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, TSTAR_HOME: home },
  });
  if (child.stderr !== null) createInterface({ input: child.stderr }).on('line', (line) => isNews(line) && log(line));
  child.once('error', (error) => log(`the worker could not be started: ${error.message}`));
  return child;
}

/** Failed attempts are told by who follows the run. */
function isNews(line: string): boolean {
  return !line.startsWith('warning: Activity failed');
}

async function endWorker(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  const late = setTimeout(() => child.kill('SIGKILL'), DRAIN_LIMIT_MS);
  await ended;
  clearTimeout(late);
}
