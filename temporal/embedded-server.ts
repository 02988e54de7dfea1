// The embedded Temporal server of a project: `temporal server start-dev` over a SQLite file under `.tstar/`, so that runs
// survive it. At most one per project: a running one is shared, an orphaned one adopted, a foreign program on its port is
// an error that says what to do.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { TransientError, UserError } from '../formats/user-error.ts';
import { connect } from './connection.ts';
import { diskError } from './disk-error.ts';
import { freePort, isListening, sleepMs } from './ports.ts';
import { registerSearchAttributes } from './search-attributes.ts';
import { beginDatabase, checkDatabasePath, DAMAGED, DATABASE, diskAdvice, keepDatabase } from './server-database.ts';
import {
  isAlive,
  markProcess,
  readServerRecord,
  removeServerRecord,
  type ServerEnd,
  type ServerRecord,
  writeServerRecord,
} from './server-record.ts';
import { EMBEDDED_IP, embeddedTarget, type ServerTarget } from './settings.ts';
import { withStartLock } from './start-lock.ts';

export interface EmbeddedServerOptions {
  /** The `.tstar` folder. */
  readonly home: string;
  readonly ports: { readonly server: number; readonly ui: number };
  /** Called only when a server must be started: getting the program may take minutes. */
  readonly findProgram: () => Promise<string>;
  readonly log: (line: string) => void;
  /** `own`: stopped by this process at its end. `background`: stays until stopEmbeddedServer. */
  readonly lifetime: 'own' | 'background';
  readonly signal?: AbortSignal;
  /** Further `KEY=VALUE` settings of the server; tests make its limits small. */
  readonly dynamicConfig?: readonly string[];
}

export interface EmbeddedServer {
  readonly target: ServerTarget;
  readonly pid: number;
  /** `shared`: another process (or `tstar down`) stops it; stop() does nothing then. */
  readonly kind: 'started' | 'adopted' | 'shared';
  /** Ends after which whoever uses it may start it again. One of `tstar up` is the user's to start and stop. */
  readonly replaceAfter: readonly ServerEnd[];
  stop(): Promise<void>;
}

/** A cold start takes 1 to 3 s; an old SQLite file on a busy disk more. */
const START_DEADLINE_MS = 60_000;
const STOP_GRACE_MS = 5000;
const PORT_PATIENCE_MS = 1000;
/** Task processing is throttled to 20 polls a second otherwise: 100 ms for a trivial activity instead of 20 ms (measured). */
const DYNAMIC_CONFIG = ['history.transferProcessorMaxPollRPS=1000'];
/**
 * A write-ahead log that is not flushed at every transaction: 17 ms for a trivial activity instead of 34 ms, 230 a second at 16
 * in flight instead of 87 (measured, 2 cores). It survives a killed server whole; a power cut may cost the last transactions,
 * whose units are in the store all the same.
 */
const SQLITE_PRAGMAS = ['journal_mode=WAL', 'synchronous=1'];

export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  try {
    await mkdir(options.home, { recursive: true });
    return await withStartLock(options.home, options.signal, async () => {
      const record = await readServerRecord(options.home);
      const running = record === null ? null : await takeOver(options, record);
      return running ?? (await startFresh(options));
    });
  } catch (error) {
    throw diskError(error, options.home, 'TSTAR_HOME');
  }
}

/** The project's server while one runs, whoever started it; starts nothing. */
export async function findEmbeddedServer(home: string): Promise<{ readonly target: ServerTarget; readonly record: ServerRecord } | null> {
  const record = await readServerRecord(home);
  if (record === null || !(await isListening(EMBEDDED_IP, record.ports.server))) return null;
  return { target: embeddedTarget(record.ports), record };
}

/** Stops the project's server, whoever started it; false when none ran. */
export async function stopEmbeddedServer(home: string): Promise<boolean> {
  const record = await readServerRecord(home);
  if (record === null) return false;
  await stopServer(home, record);
  return true;
}

/** A server of this project that runs already; null when it was beyond use and has been stopped. */
async function takeOver(options: EmbeddedServerOptions, record: ServerRecord): Promise<EmbeddedServer | null> {
  const ready = (limitMs: number) => waitUntilReady(record, limitMs, async () => 'it ended', options.signal);
  try {
    await ready(STOP_GRACE_MS).catch(async (error: unknown) => {
      // One that others use would be stopped for them too: on a busy machine, or one that was asleep, it may answer late.
      if (record.owner !== null && !isAlive(record.owner)) throw error;
      options.log(`the embedded server (process ${record.server.pid}) does not answer yet; waiting for it`);
      await ready(START_DEADLINE_MS);
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    options.log(`the embedded server (process ${record.server.pid}) does not answer; starting it again (${(error as Error).message})`);
    await stopServer(options.home, record);
    return null;
  }
  const { owner } = record;
  // `tstar up` keeps a server that a run has started; a run takes over one whose owner was killed.
  const adopt = owner !== null && (options.lifetime === 'background' || !isAlive(owner));
  if (adopt) {
    options.log(`using the embedded server that an earlier run started (process ${record.server.pid})`);
    return own(options, record, 'adopted');
  }
  const replaceAfter: readonly ServerEnd[] = owner === null ? [] : ['stopped', 'crashed', 'left'];
  return { target: embeddedTarget(record.ports), pid: record.server.pid, kind: 'shared', replaceAfter, stop: async () => undefined };
}

async function startFresh(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const { home, ports } = options;
  await checkDatabasePath(home);
  await refuseForeign(
    ports.server,
    'TSTAR_TEMPORAL_PORT',
    `, or TEMPORAL_ADDRESS=${EMBEDDED_IP}:${ports.server} if it is a Temporal server to use`,
  );
  await refuseForeign(ports.ui, 'TSTAR_UI_PORT', '');
  // It is started in another folder.
  const program = resolve(await options.findProgram());
  const database = join(home, DATABASE);
  await beginDatabase(database);
  const log = openSync(logOf(home), 'w');
  const args = [
    'server',
    'start-dev',
    '--db-filename',
    DATABASE,
    '--ip',
    EMBEDDED_IP,
    '--port',
    `${ports.server}`,
    '--ui-port',
    `${ports.ui}`,
  ];
  for (const pragma of SQLITE_PRAGMAS) args.push('--sqlite-pragma', pragma);
  for (const setting of [...DYNAMIC_CONFIG, ...(options.dynamicConfig ?? [])]) args.push('--dynamic-config-value', setting);
  // A group of its own: Ctrl-C in the terminal is for us, and the server must outlive the drain that follows. In the home, because
  // the CLI makes the file's name a part of a URI: a ?, # or % of the home's path would lead to another file.
  const child = spawn(program, args, { cwd: home, detached: true, stdio: ['ignore', log, log], env: serverEnvironment() });
  closeSync(log);
  child.unref();
  const ended = endOf(child);
  const mark = child.pid === undefined ? null : markProcess(child.pid);
  // It may be gone before it can be looked at.
  if (mark === null) throw await notStarted(await ended(), home);
  const record: ServerRecord = { server: mark, owner: null, ports, database, startedAt: new Date().toISOString() };
  const server = await own(options, record, 'started').catch(async (error: unknown) => {
    // Without a record nobody would ever find it to stop it.
    await stopProcess(record);
    throw error;
  });
  try {
    await waitUntilReady(record, START_DEADLINE_MS, ended, options.signal);
    return server;
  } catch (error) {
    await stopServer(home, record);
    options.signal?.throwIfAborted();
    throw await notStarted((error as Error).message, home);
  }
}

async function notStarted(reason: string, home: string): Promise<TransientError> {
  const words = (await readFile(logOf(home), 'utf8').catch(() => '')).trim().split('\n').slice(-3).join(' | ');
  const said = `it said: ${words || 'nothing'} (${logOf(home)})${await adviceFor(words, home)}`;
  return new TransientError(`the embedded Temporal server did not start: ${reason}; ${said}`);
}

async function adviceFor(words: string, home: string): Promise<string> {
  const ofDisk = await diskAdvice(home);
  if (ofDisk !== '' || !DAMAGED.test(words)) return ofDisk;
  return `; its database is damaged: move ${join(home, DATABASE)} away for a new one (what is computed stays, and so do finished runs)`;
}

function logOf(home: string): string {
  return join(home, 'server.log');
}

async function own(options: EmbeddedServerOptions, record: ServerRecord, kind: 'started' | 'adopted'): Promise<EmbeddedServer> {
  const owner = options.lifetime === 'own' ? markProcess(process.pid) : null;
  const owned = { ...record, owner };
  await writeServerRecord(options.home, owned);
  const stop = () => stopOwned(options.home, owned);
  return { target: embeddedTarget(record.ports), pid: record.server.pid, kind, replaceAfter: ['crashed'], stop };
}

/** Leaves a server alone that another process has taken over since. */
async function stopOwned(home: string, { server, owner }: ServerRecord): Promise<void> {
  const current = await readServerRecord(home);
  const same =
    current !== null && current.server.pid === server.pid && current.owner?.pid === owner?.pid && current.owner?.token === owner?.token;
  if (same) await stopServer(home, current);
}

async function refuseForeign(port: number, setting: string, more: string): Promise<void> {
  // A server that was killed this moment holds its ports until its last thread is gone.
  const deadlineMs = Date.now() + PORT_PATIENCE_MS;
  while (Date.now() < deadlineMs) {
    if (await freePort(EMBEDDED_IP, port)) return;
    await sleepMs(50);
  }
  throw new UserError(
    `port ${port} on ${EMBEDDED_IP} is in use by a program that is not this project's Temporal server; stop it, or choose another port with ${setting}${more}`,
  );
}

/** Answers, has its namespace and knows our search attributes. */
async function waitUntilReady(
  record: ServerRecord,
  limitMs: number,
  ended: () => Promise<string>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadlineMs = Date.now() + limitMs;
  let last: unknown = 'no connection yet';
  while (Date.now() < deadlineMs) {
    signal?.throwIfAborted();
    if (!isAlive(record.server)) throw new Error(await ended());
    if (await isListening(EMBEDDED_IP, record.ports.server)) {
      last = await prepare(record).catch((error: unknown) => error);
      if (last === undefined) return keepDatabase(record.database);
    }
    await sleepMs(50);
  }
  throw new Error(`no answer within ${limitMs / 1000} s (${last instanceof Error ? last.message : String(last)})`);
}

async function prepare(record: ServerRecord): Promise<void> {
  const { client, target, close } = await connect(embeddedTarget(record.ports));
  try {
    await client.connection.workflowService.describeNamespace({ namespace: target.namespace });
    await registerSearchAttributes(client, target.namespace);
  } finally {
    await close();
  }
}

async function stopServer(home: string, record: ServerRecord): Promise<void> {
  await stopProcess(record);
  await removeServerRecord(home, record.server);
}

/** SIGTERM, after 5 s SIGKILL; returns when the process is gone. The SQLite file survives both. */
async function stopProcess({ server }: ServerRecord): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!isAlive(server)) break;
    try {
      process.kill(server.pid, signal);
    } catch {
      break;
    }
    const deadlineMs = Date.now() + STOP_GRACE_MS;
    while (isAlive(server) && Date.now() < deadlineMs) await sleepMs(20);
  }
}

/** How a child that is gone ended, which is told a moment after its process id stops answering. */
function endOf(child: ChildProcess): () => Promise<string> {
  let end: string | null = null;
  child.on('error', (error) => {
    end = error.message;
  });
  child.on('exit', (code, signal) => {
    end = `it ended with ${signal ?? `exit status ${code}`}`;
  });
  return async () => {
    const deadlineMs = Date.now() + STOP_GRACE_MS;
    while (end === null && Date.now() < deadlineMs) await sleepMs(10);
    return end ?? 'its process is gone';
  };
}

/** The CLI reads the same client settings; a profile or address of a cluster must not reach the server that it starts. */
function serverEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}
