// The clock and the memory gauge of the bench: time of a piece of work, peak resident memory of processes as Linux counts it.
import { readFile } from 'node:fs/promises';

export async function timed<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly seconds: number }> {
  const started = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - started) / 1000 };
}

/** The least seconds of several runs: what the work takes where nothing else does. */
export async function leastSeconds(runs: number, work: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) least = Math.min(least, (await timed(work)).seconds);
  return least;
}

/** Everything that comes; the verbs of a session give their answers one by one. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const kept: T[] = [];
  for await (const item of items) kept.push(item);
  return kept;
}

/** Peak resident memory of this process (in the worker's place) and of its children (the sessions), in bytes. */
export async function peakMemoryBytes(): Promise<number> {
  const children = (await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')).trim().split(/\s+/).filter(Boolean);
  const peaks = await Promise.all([String(process.pid), ...children].map(peakBytes));
  return peaks.reduce((total, bytes) => total + bytes, 0);
}

async function peakBytes(pid: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
