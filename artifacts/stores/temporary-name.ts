// Names of temporary files: they say which process of which machine writes them, so that what a killed one left behind can be
// told from a write under way.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

/** Temporary files begin with this; no document may. */
export const TEMPORARY = '.tmp-';

/** `.tmp-HOST.PID.UUID` */
export function temporaryName(): string {
  return `${TEMPORARY}${writerName()}`;
}

/** `HOST.PID.UUID`: this process, a new name at every call. */
export function writerName(): string {
  return `${host()}.${process.pid}.${randomUUID()}`;
}

/** Its writer was a process of this machine that is gone; of other machines' files only their age tells. */
export function isAbandoned(name: string): boolean {
  return name.startsWith(TEMPORARY) && isWriterGone(name.slice(TEMPORARY.length));
}

/** The same of a writer's name. */
export function isWriterGone(writer: string): boolean {
  const [, machine, pid] = /^([\w-]+)\.(\d+)\./.exec(writer) ?? [];
  return machine === host() && !isAlive(Number(pid));
}

function host(): string {
  return hostname().replace(/[^\w-]/g, '-');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process is alive too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
