// One process of a project starts its server at a time: two `tstar run` at once end with one server, not with a quarrel
// about a port. The lock is a folder with a file that names its holder: it appears whole, by a rename, which refuses a place that
// is taken. One whose holder has ended is taken away, by one process at a time, so that nobody takes away the next holder's.
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../formats/user-error.ts';
import { sleepMs } from './ports.ts';
import { isAlive, markProcess, parseProcessMark } from './server-record.ts';

const HOLDER = 'holder';
const PAUSE_MS = 100;
/** Taking a lock away takes milliseconds; whoever has begun so long ago is gone. */
const CLEARING_MS = 10_000;

export async function withStartLock<T>(home: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  const path = join(home, 'server.lock');
  await takeLock(path, signal);
  try {
    return await work();
  } finally {
    await discard(path);
  }
}

async function takeLock(path: string, signal: AbortSignal | undefined): Promise<void> {
  const own = await mkdtemp(`${path}-`);
  try {
    await writeFile(join(own, HOLDER), JSON.stringify(markProcess(process.pid)));
    while (!(await moved(own, path))) {
      signal?.throwIfAborted();
      if (!(await isLeft(path)) || !(await clear(path))) await sleepMs(PAUSE_MS);
    }
  } catch (error) {
    await rm(own, { recursive: true, force: true });
    throw error;
  }
}

/** False where the place is taken. */
async function moved(own: string, path: string): Promise<boolean> {
  try {
    await rename(own, path);
    return true;
  } catch (error) {
    if (TAKEN.includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** A folder with something in it, a file (the lock of an earlier version), and what Windows says of both. */
const TAKEN: readonly string[] = ['ENOTEMPTY', 'EEXIST', 'ENOTDIR', ...(process.platform === 'win32' ? ['EPERM', 'EACCES'] : [])];

async function isLeft(path: string): Promise<boolean> {
  try {
    const mark = parseProcessMark(await readFile(join(path, HOLDER), 'utf8'));
    return mark === null || !isAlive(mark);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') return true;
    if (code !== 'ENOENT') throw error;
    await refuseForeign(path);
    return false;
  }
}

/** A lock that has no holder has just been given back; nobody gives back what somebody else has put there. */
async function refuseForeign(path: string): Promise<void> {
  const names = await readdir(path).catch((): string[] => []);
  if (names.length > 0 && !names.includes(HOLDER)) throw new UserError(`${path} is no lock: it holds ${names[0]}; move it away`);
}

/** False where another process is about it. Looked at again inside: it may have been taken away, and another be in its place. */
async function clear(path: string): Promise<boolean> {
  const guard = `${path}.clearing`;
  try {
    await mkdir(guard);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const begunMs = (await stat(guard).catch(() => undefined))?.mtimeMs ?? Date.now();
    if (Math.abs(Date.now() - begunMs) > CLEARING_MS) await rmdir(guard).catch(() => undefined);
    return false;
  }
  try {
    if (await isLeft(path)) await discard(path);
    return true;
  } finally {
    await rmdir(guard).catch(() => undefined);
  }
}

/** In one step for whoever looks: a folder that is emptied first could be taken by another, and be removed with their name in it. */
async function discard(path: string): Promise<void> {
  const away = `${path}-${randomUUID()}`;
  await rename(path, away).catch(() => undefined);
  await rm(away, { recursive: true, force: true });
}
