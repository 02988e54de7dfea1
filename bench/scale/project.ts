// A project folder of the bench's own with an embedded server on free ports and one worker, which the real command then finds
// and uses.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readHubSettings } from '../../hub/settings.ts';
import { connect, type OpenClient } from '../../temporal/connection.ts';
import { startEmbeddedServer } from '../../temporal/embedded-server.ts';
import { findServer } from '../../temporal/find-server.ts';
import { hasWorker } from '../../temporal/has-worker.ts';
import { sleepMs } from '../../temporal/ports.ts';
import { EMBEDDED_IP } from '../../temporal/settings.ts';

export interface ScaleProject {
  readonly open: OpenClient;
  /** For the commands that use it. */
  readonly env: NodeJS.ProcessEnv;
  readonly folder: string;
  readonly workerPid: number;
  close(): Promise<void>;
}

/** From dist/bench/scale. */
const ROOT = new URL('../../../', import.meta.url);
const PROGRAM = fileURLToPath(new URL('cli/tstar.mjs', ROOT));
export const PIPELINE = fileURLToPath(new URL('bench/scale/scale.yaml', ROOT));
export const STEPS = fileURLToPath(new URL('bench/scale/trivial-step.mjs', ROOT));
const WORKER_START_MS = 60_000;

export async function openScaleProject(log: (text: string) => void): Promise<ScaleProject> {
  const folder = await mkdtemp(join(tmpdir(), 'tstar-scale-'));
  const home = join(folder, '.tstar');
  const ports = { server: await freePort(), ui: await freePort() };
  const findProgram = () => findServer({ cacheFolder: readHubSettings().cacheFolder, log });
  const server = await startEmbeddedServer({ home, ports, findProgram, log, lifetime: 'own' });
  const open = await connect(server.target);
  const env = { ...process.env, TSTAR_HOME: home, TSTAR_TEMPORAL_PORT: String(ports.server), TSTAR_UI_PORT: String(ports.ui) };
  const worker = startTstar(['worker', '--queue', 'tstar', '--quiet', '--parent', String(process.pid), '--steps', STEPS], { env, folder });
  worker.stdout?.resume();
  worker.stderr?.pipe(process.stderr);
  await untilServed(open, worker);
  return {
    open,
    folder,
    env,
    workerPid: worker.pid!,
    async close() {
      await end(worker);
      await open.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The real command as a process of its own. */
export function startTstar(args: readonly string[], { env, folder }: Pick<ScaleProject, 'env' | 'folder'>): ChildProcess {
  return spawn(process.execPath, [PROGRAM, ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function untilServed(open: OpenClient, worker: ChildProcess): Promise<void> {
  const deadlineMs = Date.now() + WORKER_START_MS;
  while (!(await hasWorker(open, 'tstar'))) {
    if (worker.exitCode !== null || Date.now() > deadlineMs) throw new Error('the worker did not start');
    await sleepMs(100);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer().once('error', fail);
    server.listen(0, EMBEDDED_IP, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });
}
