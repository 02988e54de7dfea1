// One process of a project starts its server at a time: two `tstar run` at once end with one server, not with a quarrel
// about a port. The lock is a file that names its holder; one whose holder has ended is taken away.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleepMs } from './ports.ts';
import { isAlive, markProcess, parseProcessMark } from './server-record.ts';

export async function withStartLock<T>(home: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  const path = join(home, 'server.lock');
  const mine = JSON.stringify(markProcess(process.pid));
  while (!(await create(path, mine))) {
    signal?.throwIfAborted();
    const holder = await readHolder(path);
    // Between creation and the first byte a lock has no holder yet; one that stays so is left from a crash.
    if (holder === 'gone') await rm(path, { force: true });
    else await sleepMs(100);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function create(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    // On a full disk it is made, and its text finds no room.
    await rm(path, { force: true });
    throw error;
  }
}

async function readHolder(path: string): Promise<'alive' | 'gone'> {
  const read = async () => (await readFile(path, 'utf8').catch(() => 'null')) || null;
  const mark = parseProcessMark((await read()) ?? (await sleepMs(500).then(read)) ?? '');
  return mark !== null && isAlive(mark) ? 'alive' : 'gone';
}
