// One disturbed run from start to end: faults spread evenly over its units, then everything that has to hold afterwards. Gives
// the rows of the table: fault, times, recovered, work redone, time to recover.
import { expect } from 'vitest';
import { type Finished, makeProject, until } from '../e2e/command.ts';
import { processesOf } from '../e2e/processes.ts';
import { storedUnits, temporaryFiles } from '../e2e/stored-units.ts';
import { type AuditLine, type DisturbedRun, startDisturbed } from './disturbed-run.ts';
import { type Fault, SHARD_UNITS, SHARDS_IN_FLIGHT, type Struck } from './faults.ts';

/** What the same command leaves where nobody disturbs it. */
export interface Calm {
  readonly units: readonly string[];
  readonly results: unknown;
}

export interface Row {
  readonly fault: string;
  readonly times: number;
  readonly recovered: string;
  /** Units begun more than once, and at most how many may be. */
  readonly redone: number;
  readonly mayRedo: number;
  /** Of each fault, the longest time after it without a unit being put. */
  readonly recoveryMs: readonly number[];
}

/** A lost shard is noticed after ten seconds, and what waits for it goes on. */
const AFTERMATH_MS = 20_000;

/** Small shards: hundreds of them, and a kill in the middle of one. */
export function chaosCommand(sets: readonly string[]): readonly string[] {
  const params = ['model=hf:fixtures/tiny-llama', 'dataset=gsm8k', 'maxNewTokens=4', ...sets].flatMap((set) => ['--set', set]);
  return ['run', 'effective-noise', ...params, '--shard-units', String(SHARD_UNITS), '--concurrency', String(SHARDS_IN_FLIGHT), '--json'];
}

export async function runCalm(command: readonly string[]): Promise<Calm> {
  const project = await makeProject();
  try {
    const { code, stdout, stderr } = await project.tstar(command);
    expect(code, stderr).toBe(0);
    expect(processesOf(project)).toEqual([]);
    return { units: storedUnits(project), results: JSON.parse(stdout).results };
  } finally {
    await project.remove();
  }
}

export async function runDisturbed(command: readonly string[], calm: Calm, faults: readonly Fault[], clients = 1): Promise<readonly Row[]> {
  const run = await startDisturbed(command, clients);
  try {
    const struck: (Struck & { readonly name: string })[] = [];
    for (const [i, fault] of faults.entries()) {
      const due = (calm.units.length * (i + 1)) / (faults.length + 2);
      await until(`${Math.floor(due)} units were put`, async () => putUnits(run) >= due || undefined, 300_000);
      struck.push({ name: fault.name, ...(await fault.strike(run)) });
    }
    const ends = await run.end();
    for (const { code, stderr } of ends) expect(code, stderr).toBe(0);
    await expectSameAsCalm(run, calm, ends);
    const redone = unitsRedone(run.audit());
    const mayRedo = struck.reduce((total, fault) => total + fault.mayRedo, 0);
    expect(redone, 'units begun again').toBeLessThanOrEqual(mayRedo);
    const names = [...new Set(struck.map(({ name }) => name))];
    const times = struck.map(({ atMs }) => recoveryMs(run.audit(), atMs));
    return [{ fault: names.join(', '), times: struck.length, recovered: 'yes', redone, mayRedo, recoveryMs: times }];
  } finally {
    await run.remove();
  }
}

/** Results, units and bytes are those of the calm run; nothing else is left, neither files nor processes. */
async function expectSameAsCalm(run: DisturbedRun, calm: Calm, ends: readonly Finished[]): Promise<void> {
  for (const { stdout } of ends) expect(JSON.parse(stdout).results).toEqual(calm.results);
  // What was damaged after its last reader is found, and healed, by whoever needs it next.
  const again = await run.again();
  expect(again.code, again.stderr).toBe(0);
  expect(JSON.parse(again.stdout).results).toEqual(calm.results);
  expect(storedUnits(run.project)).toEqual(calm.units);
  expect(temporaryFiles(run.project)).toEqual([]);
  expect(processesOf(run.project)).toEqual([]);
}

function putUnits(run: DisturbedRun): number {
  return new Set(run.audit().flatMap(({ event, unit }) => (event === 'put' ? [unit] : []))).size;
}

function unitsRedone(audit: readonly AuditLine[]): number {
  const begun = audit.filter(({ event }) => event === 'begin');
  return begun.length - new Set(begun.map(({ unit }) => unit)).size;
}

/** The longest pause between two puts soon after a fault: what it holds up beyond the units that it cost. */
function recoveryMs(audit: readonly AuditLine[], atMs: number): number {
  const puts = audit.flatMap((line) => (line.event === 'put' && line.atMs > atMs && line.atMs < atMs + AFTERMATH_MS ? [line.atMs] : []));
  return puts.reduce((longest, putAtMs, i) => Math.max(longest, putAtMs - (puts[i - 1] ?? atMs)), 0);
}

/** For people, in the output of the test. */
export function renderRows(rows: readonly Row[]): string {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  const cells = rows.map(({ fault, times, recovered, redone, mayRedo, recoveryMs: all }) => {
    const sorted = [...all].sort((a, b) => a - b);
    const time = sorted.length === 0 ? '-' : `${seconds(sorted[sorted.length >> 1]!)} (most ${seconds(sorted.at(-1)!)})`;
    return `| ${fault} | ${times} | ${recovered} | ${redone} of at most ${mayRedo} units | ${time} |`;
  });
  return ['| fault | times | recovered | work redone | time to recover |', '|---|---|---|---|---|', ...cells, ''].join('\n');
}
