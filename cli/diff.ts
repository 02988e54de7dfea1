// `tstar diff RUN RUN`: only what differs between two recorded runs.
import { compareRuns, type Interval, type RunDifference } from './compare-runs.ts';
import { findRecord } from './show.ts';
import { openWorkplace, printJson } from './workplace.ts';

export async function diff(a: string, b: string, { json }: { readonly json?: boolean }): Promise<number> {
  const workplace = await openWorkplace();
  const [before, after] = [await findRecord(workplace, a), await findRecord(workplace, b)];
  const differences = compareRuns(before, after);
  if (json) printJson({ before: before.run, after: after.run, differences });
  else if (differences.length === 0) process.stdout.write(`${before.run} and ${after.run}: nothing differs\n`);
  else process.stdout.write(`${before.run} -> ${after.run}\n${differencesText(differences)}\n`);
  return 0;
}

function differencesText(differences: readonly RunDifference[]): string {
  const parts = [...new Set(differences.map(({ part }) => part))];
  return parts
    .map((part) => [part, ...differences.filter((difference) => difference.part === part).map((one) => `  ${lineOf(one)}`)].join('\n'))
    .join('\n');
}

function lineOf({ name, before, after, beforeInterval, afterInterval }: RunDifference): string {
  return `${name}: ${valueText(before, beforeInterval)} -> ${valueText(after, afterInterval)}`;
}

const MAX_LETTERS = 80;

function valueText(value: unknown, interval: Interval | undefined): string {
  if (value === null) return 'none';
  if (typeof value === 'number')
    return `${numberText(value)}${interval === undefined ? '' : ` [${interval.map(numberText).join(' .. ')}]`}`;
  if (typeof value === 'string') return /^[0-9a-f]{64}$/.test(value) ? value.slice(0, 12) : value;
  const text = JSON.stringify(value, (_, inner) => (typeof inner === 'number' ? Number(numberText(inner)) : inner));
  return text.length <= MAX_LETTERS ? text : `${text.slice(0, MAX_LETTERS - 3)}...`;
}

/** Four digits, as the tables show; whole numbers in full. */
function numberText(value: number | null): string {
  if (value === null) return '-';
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}
