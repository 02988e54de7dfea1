// Names of what a process makes beside its target before that is whole: `BASE-HOST-PID-RANDOM`. They tell what a process that is
// gone has left from what a living one writes.
import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** On another machine only the time of the last write tells; nobody who writes pauses for so long. */
const OTHER_MACHINE_MS = 3_600_000;

const ownNow = new Set<string>();

/** A path beside `base` that is this process's alone, until it is given up. */
export function ownPath(base: string): string {
  const path = `${base}-${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
  ownNow.add(path);
  return path;
}

/** It has been removed or renamed, or whoever comes next may have it. */
export function giveUpPath(path: string): void {
  ownNow.delete(path);
}

/** Lends `make` an own path beside `base`. What is there afterwards goes, and before it what killed processes left: copies of weights. */
export async function withOwnPath<Made>(base: string, make: (path: string) => Promise<Made>): Promise<Made> {
  for (const left of await leftPaths(base)) await rm(left, { recursive: true, force: true });
  const path = ownPath(base);
  try {
    return await make(path);
  } finally {
    await rm(path, { recursive: true, force: true });
    giveUpPath(path);
  }
}

/** Own paths of processes that are gone. */
export async function leftPaths(base: string): Promise<readonly string[]> {
  const prefix = `${basename(base)}-`;
  const names = await readdir(dirname(base)).catch((): string[] => []);
  const paths = names.filter((name) => name.startsWith(prefix)).map((name) => join(dirname(base), name));
  const isLeft = await Promise.all(paths.map((path) => isOwnerGone(path, path.slice(join(dirname(base), prefix).length))));
  return paths.filter((_, i) => isLeft[i]);
}

async function isOwnerGone(path: string, owner: string): Promise<boolean> {
  const [, host, pid] = /^(.+)-(\d+)-\w+$/.exec(owner) ?? [];
  if (host === undefined) return false;
  if (host !== hostname()) return Date.now() - (await lastWriteMs(path)) > OTHER_MACHINE_MS;
  return Number(pid) === process.pid ? !ownNow.has(path) : !isAlive(Number(pid));
}

async function lastWriteMs(folder: string): Promise<number> {
  const inside = await readdir(folder).catch((): string[] => []);
  const times = await Promise.all([folder, ...inside.map((name) => join(folder, name))].map((path) => stat(path).catch(() => undefined)));
  return Math.max(0, ...times.map((found) => found?.mtimeMs ?? 0));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and is somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
