// Rows `start-help` and `start-plan`: from the shell to the end of a command that starts nothing, the middle one of several.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { timed } from './measure.ts';
import { type BenchRow, benchRow, limit } from './rows.ts';

const LIMIT_MS = 400;
const RUNS = 11;
/** That beside this build; units come from the user's own folder. */
const PROGRAM = fileURLToPath(new URL('../../cli/tstar.mjs', import.meta.url));
const run = promisify(execFile);

export async function startUp(): Promise<BenchRow[]> {
  const help = await middleMilliseconds(['--help']);
  const plan = await middleMilliseconds(['plan', 'effective-noise']);
  const what = `tstar plan effective-noise, ${await recordedUnits()} of its units recorded`;
  return [row('start-help', 'tstar --help', help), row('start-plan', what, plan)];
}

/** A plan reads the record of every unit that is there. */
async function recordedUnits(): Promise<number> {
  const { stdout } = await run(process.execPath, [PROGRAM, 'plan', 'effective-noise', '--json']);
  const { steps } = JSON.parse(stdout) as { readonly steps: readonly { readonly hits: number | null }[] };
  return steps.reduce((sum, { hits }) => sum + (hits ?? 0), 0);
}

async function middleMilliseconds(args: readonly string[]): Promise<number> {
  const seconds: number[] = [];
  for (let i = 0; i < RUNS; i++) seconds.push((await timed(() => run(process.execPath, [PROGRAM, ...args]))).seconds);
  return 1000 * seconds.sort((a, b) => a - b)[(RUNS - 1) / 2]!;
}

function row(id: string, what: string, value: number): BenchRow {
  return benchRow({ id, what, value, unit: 'ms', better: 'less', reference: limit(LIMIT_MS), atLeast: 1 });
}
