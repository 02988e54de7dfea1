// `tstar up` and `tstar down`: the embedded server and a worker in the background, and their end.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../formats/user-error.ts';
import { connect, type OpenClient } from '../temporal/connection.ts';
import { diskError } from '../temporal/disk-error.ts';
import { startEmbeddedServer, stopEmbeddedServer } from '../temporal/embedded-server.ts';
import { findServer } from '../temporal/find-server.ts';
import { hasWorker } from '../temporal/has-worker.ts';
import { sleepMs } from '../temporal/ports.ts';
import { startFormAddress } from '../temporal/run-address.ts';
import { isAlive, markProcess, type ProcessMark, parseProcessMark } from '../temporal/server-record.ts';
import { readSettings } from '../temporal/settings.ts';
import { openWorkplace } from './workplace.ts';

const PROGRAM = fileURLToPath(new URL('../../cli/tstar.mjs', import.meta.url));
const WORKER_START_LIMIT_MS = 60_000;

export async function up(): Promise<number> {
  const { home, hub, log } = await openWorkplace();
  const settings = readSettings();
  if (settings.cluster !== null) {
    log(`TEMPORAL_ADDRESS names ${settings.cluster.address}: nothing to start but workers (tstar worker)`);
    return 0;
  }
  const findProgram = () => findServer({ cacheFolder: hub.cacheFolder, log });
  const { target } = await startEmbeddedServer({ home, ports: settings.ports, findProgram, log, lifetime: 'background' });
  await startBackgroundWorker(home);
  const open = await connect(target);
  try {
    if (!(await hasWorkerSoon(open, home))) log(`the worker is still starting; ${workerLog(home)} says what it does`);
  } finally {
    await open.close();
  }
  process.stdout.write(
    [
      `server     ${target.address}`,
      `UI         ${target.uiAddress}`,
      `start a run in the UI: ${startFormAddress(target, 'effective-noise')}`,
      'or here:   tstar run effective-noise --detach',
      'stop both: tstar down',
      '',
    ].join('\n'),
  );
  return 0;
}

/** Throws where the worker has ended instead. */
async function hasWorkerSoon(open: OpenClient, home: string): Promise<boolean> {
  for (const deadlineMs = Date.now() + WORKER_START_LIMIT_MS; Date.now() < deadlineMs; await sleepMs(200)) {
    if (await hasWorker(open, 'tstar-cpu')) return true;
    if ((await backgroundWorker(home)) === null) throw await workerEnded(home);
  }
  return false;
}

async function workerEnded(home: string): Promise<UserError> {
  const words = (await readFile(workerLog(home), 'utf8').catch(() => '')).trim().split('\n').at(-1) || 'nothing';
  return new UserError(
    `the worker ended at once; it said: ${words} (${workerLog(home)}). The server runs: mend that and \`tstar up\` again, or \`tstar down\``,
  );
}

export async function down(): Promise<number> {
  const { home, log } = await openWorkplace();
  const worker = await backgroundWorker(home);
  if (worker !== null) await endProcess(worker);
  const stopped = await stopEmbeddedServer(home);
  await rm(workerFile(home), { force: true }).catch((error: unknown) => Promise.reject(diskError(error, home, 'TSTAR_HOME')));
  log(stopped || worker !== null ? 'stopped; unfinished runs are kept and go on after the next `tstar up`' : 'nothing was running');
  return 0;
}

async function startBackgroundWorker(home: string): Promise<void> {
  if ((await backgroundWorker(home)) !== null) return;
  try {
    await spawnWorker(home);
  } catch (error) {
    throw diskError(error, home, 'TSTAR_HOME');
  }
}

async function spawnWorker(home: string): Promise<void> {
  const log = openSync(workerLog(home), 'a');
  const child = spawn(process.execPath, [PROGRAM, 'worker'], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, TSTAR_HOME: home },
  });
  closeSync(log);
  child.unref();
  const mark = child.pid === undefined ? null : markProcess(child.pid);
  if (mark === null) throw await workerEnded(home);
  try {
    await writeFile(workerFile(home), JSON.stringify(mark));
  } catch (error) {
    // `tstar down` would not find it.
    process.kill(mark.pid, 'SIGTERM');
    throw error;
  }
}

function workerFile(home: string): string {
  return join(home, 'worker.json');
}

function workerLog(home: string): string {
  return join(home, 'worker.log');
}

/** The background worker, while it is alive. */
async function backgroundWorker(home: string): Promise<ProcessMark | null> {
  const mark = parseProcessMark(await readFile(workerFile(home), 'utf8').catch(() => ''));
  return mark !== null && isAlive(mark) ? mark : null;
}

/** SIGTERM, then SIGKILL once the worker's own grace is over. */
async function endProcess(mark: ProcessMark): Promise<void> {
  const patienceMs = 20_000;
  const deadlineMs = Date.now() + patienceMs;
  if (isAlive(mark)) process.kill(mark.pid, 'SIGTERM');
  while (isAlive(mark) && Date.now() < deadlineMs) await sleepMs(100);
  if (isAlive(mark)) process.kill(mark.pid, 'SIGKILL');
}
