// One run of the real command over so many trivial shards: how long they took, how much the worker's memory grew, how long
// Temporal's histories became.
import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { type History, longestHistory } from './histories.ts';
import { PIPELINE, type ScaleProject, STEPS, startTstar } from './project.ts';

export interface ScaleRun {
  readonly shards: number;
  readonly concurrency: number;
  readonly status: string;
  /** Units that the run computed. */
  readonly computed: number;
  /** From the step's start to its end, looking up its units before and after among it. */
  readonly seconds: number;
  /** Rate of the last tenth of the shards over that of the first; null of a run that is over in seconds. */
  readonly steadiness: number | null;
  /** Resident memory of the worker when the first units were done, and the most after that. */
  readonly startMegabytes: number;
  readonly peakMegabytes: number;
  readonly histories: number;
  readonly longest: History;
}

const SAMPLE_MS = 250;

let round = 0;

export async function runShards(
  project: ScaleProject,
  { count, concurrency }: { readonly count: number; readonly concurrency: number },
): Promise<ScaleRun> {
  const sets = [`count=${count}`, `round=${round++}`].flatMap((set) => ['--set', set]);
  const args = ['run', PIPELINE, '--steps', STEPS, ...sets, '--concurrency', String(concurrency), '--shard-units', '1', '--json-events'];
  const child = startTstar(args, project);
  const memory = watchMemory(project.workerPid);
  const said = collect(child.stderr!);
  try {
    const seen = await followEvents(child, memory.begin);
    if (seen.run === '') throw new Error(`tstar run ended without a run:\n${(await said).slice(-2000)}`);
    const { histories, longest } = await longestHistory(project.open, seen.run);
    return { shards: count, concurrency, ...seen, ...memory.result(), histories, longest };
  } finally {
    memory.stop();
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  }
}

interface Event {
  readonly event: string;
  readonly time: string;
  readonly run: string;
  readonly done?: number;
  readonly units?: number;
  readonly seconds?: number;
  readonly status?: string;
  readonly result?: { readonly units?: { readonly computed: number } };
}

type Seen = Pick<ScaleRun, 'status' | 'computed' | 'seconds' | 'steadiness'> & { readonly run: string };

/** Reads the command's events to their end. */
async function followEvents(child: ChildProcess, onFirstUnits: () => void): Promise<Seen> {
  let seen: Seen = { run: '', status: 'none', computed: 0, seconds: 0, steadiness: null };
  const counts: { readonly atMs: number; readonly done: number }[] = [];
  for await (const line of createInterface({ input: child.stdout! })) {
    // One a shard: not worth parsing.
    if (line.startsWith('{"event":"shard-done"')) continue;
    const event = JSON.parse(line) as Event;
    if (event.event === 'step-progress') {
      if (counts.length === 0) onFirstUnits();
      counts.push({ atMs: Date.parse(event.time), done: event.done! });
    }
    if (event.event === 'step-done') seen = { ...seen, seconds: event.seconds! };
    if (event.event === 'run-ended') seen = { ...seen, status: event.status!, computed: event.result?.units?.computed ?? 0 };
    seen = { ...seen, run: event.run };
  }
  return { ...seen, steadiness: steadinessOf(counts) };
}

/** Looks at a run that make its tenths worth comparing; there is one a second. */
const MIN_LOOKS = 30;

function steadinessOf(counts: readonly { readonly atMs: number; readonly done: number }[]): number | null {
  const [first, last] = [counts[0], counts.at(-1)];
  if (first === undefined || last === undefined || counts.length < MIN_LOOKS) return null;
  const tenth = (last.done - first.done) / 10;
  const early = counts.find(({ done }) => done >= first.done + tenth)!;
  const late = counts.findLast(({ done }) => done <= last.done - tenth)!;
  const rate = (from: typeof first, to: typeof first): number => (to.done - from.done) / (to.atMs - from.atMs);
  return rate(late, last) / rate(first, early);
}

/** Resident memory of the worker, again and again; counted from `begin` on. */
function watchMemory(pid: number) {
  let start = 0;
  let peak = 0;
  let begun = false;
  const look = async (): Promise<void> => {
    if (!begun) return;
    const megabytes = await residentMegabytes(pid);
    if (start === 0) start = megabytes;
    peak = Math.max(peak, megabytes);
  };
  const timer = setInterval(() => void look().catch(() => undefined), SAMPLE_MS);
  return {
    begin: () => {
      begun = true;
      void look().catch(() => undefined);
    },
    result: () => ({ startMegabytes: start, peakMegabytes: peak }),
    stop: () => clearInterval(timer),
  };
}

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024) / 1e6;
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text = `${text}${chunk}`.slice(-10_000);
  return text;
}
