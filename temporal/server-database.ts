// The embedded server's SQLite file. One whose first start never came to an answer is half made and of no use to any later
// start; a mark beside it tells it from one that holds runs.
import { existsSync } from 'node:fs';
import { realpath, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../formats/user-error.ts';

/** Its name in the `.tstar` folder. */
export const DATABASE = 'temporal.sqlite';
/** A new one and its write-ahead log take 5 MB. */
const NEEDED_DISK_BYTES = 8e6;
/** SQLite opens no file whose path, links followed, is longer (measured with the CLI's: 504 opens, 508 does not). */
const LONGEST_PATH_BYTES = 504;
/** SQLite's words for a file that is none of its own, not whole, or without its tables. */
export const DAMAGED = /not a database|malformed|no such table|unable to open database file/;

/** Throws a UserError where SQLite could not open the database of this `.tstar` folder, which it would call damaged. */
export async function checkDatabasePath(home: string): Promise<void> {
  const path = join(await realpath(home), DATABASE);
  const excess = Buffer.byteLength(path) - LONGEST_PATH_BYTES;
  if (excess > 0)
    throw new UserError(`the path of ${path} is ${excess} bytes too long for SQLite: set TSTAR_HOME to a folder with a shorter one`);
}

/** What to do about the disk of a server that does not answer, after the words that say so; empty where there is room. */
export async function diskAdvice(home: string): Promise<string> {
  const { bavail, bsize } = await statfs(home);
  const free = bavail * bsize;
  if (free >= NEEDED_DISK_BYTES) return '';
  return `; the disk of ${home} has ${Math.round(free / 1000)} kB left: make room there, or set TSTAR_HOME to another folder`;
}

/** Before a start: no run can be in what is half made, and it goes. */
export async function beginDatabase(database: string): Promise<void> {
  if (existsSync(mark(database))) for (const ending of ['', '-wal', '-shm']) await rm(`${database}${ending}`, { force: true });
  if (!existsSync(database)) await writeFile(mark(database), '');
}

/** Once a server has answered from it, and before any run is in it. */
export async function keepDatabase(database: string): Promise<void> {
  await rm(mark(database), { force: true });
}

function mark(database: string): string {
  return `${database}.unready`;
}
