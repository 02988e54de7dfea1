// What is done to a run while it works. Each fault waits until it can strike, strikes once, and says which units may have to be
// computed again for it: those that were under way in what it killed, or whose object it damaged.
import { randomInt } from 'node:crypto';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { until } from '../e2e/command.ts';
import { childrenOf } from '../e2e/processes.ts';
import { objectFiles, unitsNaming } from '../e2e/stored-units.ts';
import type { AuditLine, DisturbedRun } from './disturbed-run.ts';

export interface Struck {
  readonly atMs: number;
  /** Units that may be computed again because of it. */
  readonly mayRedo: number;
}

export interface Fault {
  readonly name: string;
  strike(run: DisturbedRun): Promise<Struck>;
}

/** Of a queue at once: the run is started with this `--concurrency`. */
export const SHARDS_IN_FLIGHT = 4;
/** And this `--shard-units`. */
export const SHARD_UNITS = 2;
/** Writes that fail before the disk has room again. */
const FAILED_WRITES = 3;

export const killWorker: Fault = {
  name: 'SIGKILL of a random worker',
  async strike(run) {
    // One that has begun something: a worker that is only starting loses nothing.
    const victim = await until('a worker was at work', async () => {
      const busy = new Set(run.audit().map(({ pid }) => pid));
      return pick(run.workers().filter((pid) => busy.has(pid)));
    });
    process.kill(victim, 'SIGKILL');
    return { atMs: Date.now(), mayRedo: underWay(run, ({ pid }) => pid === victim) };
  },
};

export const killSession: Fault = {
  name: 'SIGKILL of a session process',
  async strike(run) {
    const [worker, session] = await until('a worker had a session', async () =>
      pick(run.workers().flatMap((pid) => childrenOf(pid, 'session-process').map((child) => [pid, child] as const))),
    );
    process.kill(session, 'SIGKILL');
    return { atMs: Date.now(), mayRedo: underWay(run, ({ pid }) => pid === worker) };
  },
};

export const killServer: Fault = {
  name: 'SIGKILL of the Temporal server',
  async strike(run) {
    const victim = await until('a server ran', async () => run.serverPid());
    process.kill(victim, 'SIGKILL');
    const struck = { atMs: Date.now(), mayRedo: underWay(run, () => true) };
    await until('another server ran', async () => (run.serverPid() ?? victim) !== victim || undefined);
    return struck;
  },
};

export const killClient: Fault = {
  name: 'SIGKILL of tstar run',
  async strike(run) {
    const struck = { atMs: Date.now(), mayRedo: underWay(run, () => true) };
    await run.killClient();
    return struck;
  },
};

export const fillDisk: Fault = {
  name: 'disk full (ENOSPC) for a while',
  async strike(run) {
    const failed = () => run.audit().filter(({ event }) => event === 'full').length;
    const before = failed();
    run.setDisk('full', 'on');
    try {
      await until('writes failed', async () => failed() >= before + FAILED_WRITES || undefined);
    } finally {
      run.setDisk('full', 'off');
    }
    return { atMs: Date.now(), mayRedo: failed() - before + underWay(run, () => true) };
  },
};

export const flipBit: Fault = {
  name: 'bit flip in a random object',
  strike: (run) =>
    damage(run, (path) => {
      const bytes = readFileSync(path);
      bytes[randomInt(bytes.length)]! ^= 1 << randomInt(8);
      writeFileSync(path, bytes);
    }),
};

export const deleteObject: Fault = { name: 'random object deleted', strike: (run) => damage(run, (path) => rmSync(path)) };

/** An object may be the output of several units; a shard that reads it fails, and takes those that are in flight with it. */
async function damage(run: DisturbedRun, how: (path: string) => void): Promise<Struck> {
  const path = await until('there was an object', async () => pick(objectFiles(run.project).filter((path) => sizeOf(path) > 0)));
  how(path);
  const digest = path.split('/').slice(-2).join('');
  return { atMs: Date.now(), mayRedo: unitsNaming(run.project, digest) + SHARDS_IN_FLIGHT * SHARD_UNITS };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Units that were begun, but not put, by whom `whose` says. */
function underWay(run: DisturbedRun, whose: (line: AuditLine) => boolean): number {
  const open = new Set<string>();
  for (const line of run.audit().filter(whose)) {
    if (line.event === 'begin') open.add(line.unit);
    else open.delete(line.unit);
  }
  return open.size;
}

function pick<T>(items: readonly T[]): T | undefined {
  return items.length === 0 ? undefined : items[randomInt(items.length)];
}
