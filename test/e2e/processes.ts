// The processes of a project, as Linux lists them: found by what they were started with, never by name alone.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Project } from './command.ts';

/** Children of a process whose command line holds `word`: `worker`, `session-process.js`. */
export function childrenOf(pid: number, word: string): number[] {
  return readProc(`${pid}/task/${pid}/children`)
    .trim()
    .split(/\s+/)
    .filter(Boolean)
    .map(Number)
    .filter((child) => readProc(`${child}/cmdline`).includes(word));
}

/** That of `tstar up`. */
export function backgroundWorker({ env }: Project): number {
  return (JSON.parse(readFileSync(join(env.TSTAR_HOME!, 'worker.json'), 'utf8')) as { readonly pid: number }).pid;
}

/** Everything that runs with this project's folder in its environment. */
export function processesOf(project: Project): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => readProc(`${pid}/environ`).includes(`TSTAR_HOME=${project.env.TSTAR_HOME}\0`))
    .map(Number);
}

/** Empty where the process has ended or is another user's. */
function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return '';
  }
}
