// Tells a process from another that has got the same id since: the time when it started, as the system records it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The process's start token, null when no process has this id (one that has ended and waits for its parent counts as none). */
export function processToken(pid: number): string | null {
  try {
    // proc(5): the name, in parentheses, may hold spaces; after it state is field 3 and the start time field 22.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return fields[0] === 'Z' ? null : `${fields[19]}`;
  } catch {
    return process.platform === 'linux' ? null : tokenFromPs(pid);
  }
}

function tokenFromPs(pid: number): string | null {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', `${pid}`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() || null;
  } catch {
    return null;
  }
}
