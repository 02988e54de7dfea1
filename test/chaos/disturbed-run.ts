// A run of the real command that is being disturbed: a client with its own server and worker, two more workers that are
// started again when they end, and the audit of what they did (preload.mjs).
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Finished, finish, makeProject, type Project, until } from '../e2e/command.ts';
import { childrenOf, processesOf } from '../e2e/processes.ts';
import { homeOf } from '../e2e/stored-units.ts';

const PRELOAD = join(import.meta.dirname, 'preload.mjs');
const EXTRA_WORKERS = 2;
/** The server is started again within this, and a worker that finds none ends at once. */
const WORKER_PAUSE_MS = 1000;

export interface AuditLine {
  readonly atMs: number;
  readonly pid: number;
  readonly event: 'begin' | 'put' | 'full';
  readonly unit: string;
}

export interface DisturbedRun {
  readonly project: Project;
  audit(): readonly AuditLine[];
  /** The clients' workers and the others that are alive now. */
  workers(): readonly number[];
  serverPid(): number | undefined;
  /** Switches a fault of the disk on or off. */
  setDisk(fault: 'full' | 'corrupt', state: 'on' | 'off'): void;
  /** Ends a client without a word, and starts the same command once its worker has ended by itself. */
  killClient(): Promise<void>;
  /** Starts the same command once more. */
  again(): Promise<Finished>;
  /** All clients' ends; then the other workers are stopped, and have to end well. */
  end(): Promise<readonly Finished[]>;
  remove(): Promise<void>;
}

export async function startDisturbed(command: readonly string[], clientCount = 1): Promise<DisturbedRun> {
  const project = await makeProject();
  const folder = join(project.folder, 'chaos');
  mkdirSync(folder);
  project.env.CHAOS_FOLDER = folder;
  project.env.NODE_OPTIONS = `--import=${PRELOAD}`;
  const startClient = (): Client => {
    const child = project.start(command);
    return { child, ended: finish(child) };
  };
  let clients = Array.from({ length: clientCount }, startClient);
  const others = superviseWorkers(project);
  await until('the server was there', async () => serverPid(project), 60_000);
  others.start();
  return {
    project,
    audit: () => readAudit(folder),
    workers: () => [...clients.flatMap(({ child }) => childrenOf(child.pid!, 'worker')), ...others.pids()],
    serverPid: () => serverPid(project),
    setDisk: (fault, state) => (state === 'on' ? writeFileSync(join(folder, fault), '') : rmSync(join(folder, fault), { force: true })),
    async killClient() {
      const [client] = clients;
      const orphans = childrenOf(client!.child.pid!, 'worker');
      client!.child.kill('SIGKILL');
      await client!.ended;
      await until('its worker had ended', async () => (orphans.some((pid) => existsSync(`/proc/${pid}`)) ? undefined : true), 30_000);
      clients = [startClient()];
    },
    again: () => finish(project.start(command)),
    async end() {
      const ends = await Promise.all(clients.map(({ ended }) => ended));
      const bad = (await others.stop()).filter((worker) => !endedWell(worker)).map(({ signalCode, exitCode }) => signalCode ?? exitCode);
      if (bad.length > 0) throw new Error(`workers ended with ${bad.join(' and ')}`);
      return ends;
    },
    async remove() {
      await others.stop();
      await project.remove();
      for (const pid of processesOf(project)) process.kill(pid, 'SIGKILL');
    },
  };
}

interface Client {
  readonly child: ChildProcess;
  readonly ended: Promise<Finished>;
}

/** Workers as a supervisor of services runs them: one that ends is started again. */
function superviseWorkers(project: Project) {
  const running = new Map<number, ChildProcess>();
  let stopping = false;
  const startOne = (place: number): void => {
    const child = project.start(['worker', '--quiet']);
    for (const stream of [child.stdout, child.stderr]) stream?.resume();
    running.set(place, child);
    child.once('exit', () => {
      if (!stopping) setTimeout(() => stopping || startOne(place), WORKER_PAUSE_MS);
    });
  };
  const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;
  return {
    start: () => Array.from({ length: EXTRA_WORKERS }, (_, place) => startOne(place)),
    pids: () => [...running.values()].filter(isRunning).map(({ pid }) => pid!),
    /** Those that still ran. */
    stop: async (): Promise<readonly ChildProcess[]> => {
      stopping = true;
      const last = [...running.values()].filter(isRunning);
      const ends = last.map(finish);
      for (const child of running.values()) child.kill('SIGTERM');
      await Promise.all(ends);
      return last;
    },
  };
}

/** One that was only starting dies of the signal, or finds no server any more. */
function endedWell({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === 0 || exitCode === 2 || signalCode === 'SIGTERM';
}

function readAudit(folder: string): AuditLine[] {
  const path = join(folder, 'audit');
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => {
    const [atMs, pid, event, unit] = line.split(' ');
    return { atMs: Number(atMs), pid: Number(pid), event: event as AuditLine['event'], unit: unit! };
  });
}

function serverPid(project: Project): number | undefined {
  try {
    const { server } = JSON.parse(readFileSync(join(homeOf(project), 'server.json'), 'utf8'));
    return existsSync(`/proc/${server.pid}`) ? server.pid : undefined;
  } catch {
    return undefined;
  }
}
