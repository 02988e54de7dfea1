// Runs a foreign program to its end, or until it has shown no sign of life for too long; its process group ends with it.
import { spawn } from 'node:child_process';

export interface RunProgram {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
  /** Neither a word nor a change of `sign` for so long: the program is killed. */
  readonly silenceMs: number;
  /** Another sign of life than words, for instance the size of what it writes. */
  readonly sign?: () => Promise<number>;
}

/** Resolves when the program exits with 0; otherwise its last line is the error's message. */
export async function runProgram(program: string, args: readonly string[], options: RunProgram): Promise<void> {
  const env = Object.fromEntries(Object.entries(options.env).filter(([, value]) => value !== undefined)) as NodeJS.ProcessEnv;
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: process.platform !== 'win32' });
  let words = '';
  let heardAtMs = Date.now();
  const hear = (chunk: Buffer): void => {
    heardAtMs = Date.now();
    words = (words + chunk.toString()).slice(-2000);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  let stopped: string | null = null;
  const stop = (reason: string): void => {
    stopped ??= reason;
    killGroup(child.pid);
  };
  const interrupt = () => stop('interrupted');
  options.signal?.addEventListener('abort', interrupt);
  let lastSign = 0;
  const check = async (): Promise<void> => {
    const sign = (await options.sign?.()) ?? lastSign;
    if (sign !== lastSign) heardAtMs = Date.now();
    lastSign = sign;
    const quietMs = Date.now() - heardAtMs;
    if (quietMs >= options.silenceMs) stop(`silent for ${Math.round(quietMs / 1000)} s`);
  };
  const watch = setInterval(() => void check().catch(() => undefined), Math.min(1000, options.silenceMs));
  try {
    const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
    if (stopped !== null) throw new Error(stopped);
    if (code !== 0) throw new Error(words.trim().split('\n').at(-1)?.slice(0, 400) || `exit status ${code}`);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? new Error(`${program} is not on PATH`) : error;
  } finally {
    clearInterval(watch);
    options.signal?.removeEventListener('abort', interrupt);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}
