// Runs the real command as a user does: its own process, a project folder and ports of its own, the user's cache. Everything
// that it starts is ended by process id.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const PROGRAM = resolve(import.meta.dirname, '../../cli/tstar.mjs');

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** The project's folder where none is given. */
  readonly cwd?: string;
}

export interface Project {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly ports: { readonly server: number; readonly ui: number };
  /** Runs a command to its end. */
  tstar(args: readonly string[], options?: CommandOptions): Promise<Finished>;
  /** Starts a command and leaves it running. */
  start(args: readonly string[]): ChildProcess;
  remove(): Promise<void>;
}

/** A folder with a `.tstar` of its own and two free ports. */
export async function makeProject(env: NodeJS.ProcessEnv = {}): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), 'tstar-e2e-'));
  const ports = { server: await freePort(), ui: await freePort() };
  const own = {
    ...process.env,
    TSTAR_HOME: join(folder, '.tstar'),
    TSTAR_TEMPORAL_PORT: String(ports.server),
    TSTAR_UI_PORT: String(ports.ui),
    NO_COLOR: '1',
    ...env,
  };
  const children: ChildProcess[] = [];
  const start = (args: readonly string[], { env: more = {}, cwd = folder }: CommandOptions = {}): ChildProcess => {
    const child = spawn(process.execPath, [PROGRAM, ...args], { cwd, env: { ...own, ...more }, stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    return child;
  };
  const tstar = (args: readonly string[], options: CommandOptions = {}) => finish(start(args, options));
  return {
    folder,
    env: own,
    ports,
    tstar,
    start,
    remove: async () => {
      for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await finish(start(['down']));
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export function finish(child: ChildProcess): Promise<Finished> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => done({ code, stdout, stderr }));
  });
}

export interface Heard {
  readonly ended: Promise<Finished>;
  /** Waits until the command has said it on standard error. */
  says(what: string, pattern: RegExp): Promise<void>;
}

/** Listens to a command that was just started. */
export function hear(child: ChildProcess): Heard {
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  return {
    ended: finish(child),
    says: async (what, pattern) => void (await until(what, async () => (pattern.test(said) ? true : undefined))),
  };
}

/** Waits until `probe` gives a value, with a deadline; no sleeping for luck. */
export async function until<T>(what: string, probe: () => Promise<T | undefined>, limitMs = 120_000): Promise<T> {
  const deadlineMs = Date.now() + limitMs;
  while (Date.now() < deadlineMs) {
    const value = await probe();
    if (value !== undefined) return value;
    await new Promise((next) => setTimeout(next, 100));
  }
  throw new Error(`${what} did not happen within ${limitMs / 1000} s`);
}

async function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}
