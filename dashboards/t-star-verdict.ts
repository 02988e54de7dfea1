// The study's verdict: does T* match the best temperature, at which noise levels, by how much. Made from the table of step 4.
import type { Results } from '../artifacts/run-record.ts';
import type { TStarRow } from '../artifacts/study-record.ts';
import { count, decimals, interval, listed, withInterval } from './format.ts';
import type { Verdict } from './verdict.ts';

/** The study's bound on |T* - best T|, also the verdict's band. */
export const MATCH_WITHIN = 0.15;

/** Of all levels: holds where all hold, fails where any fails. undefined where the run has no table of T*. */
export function tStarVerdict({ tStar, tBaseUsed, slope }: Results): Verdict | undefined {
  if (tStar === undefined || tStar.length === 0) return undefined;
  const [holding, failing, open] = (['holds', 'fails', 'undecided'] as const).map((name) =>
    tStar.filter((row) => row.verdict === name),
  ) as [TStarRow[], TStarRow[], TStarRow[]];
  return {
    sentence: [sayHolding(holding, tStar), ...sayOthers(failing, 'fails'), ...sayOthers(open, 'is undecided')].join(' '),
    leads: [sayMark(tStar), sayBasis(tStar[0]!, tBaseUsed, slope)],
    overall: failing.length > 0 ? 'fails' : open.length > 0 ? 'undecided' : 'holds',
    brief: `holds at ${holding.length} of ${count(tStar.length, 'level')}`,
  };
}

/** The study's own mark, counted. */
function sayMark(tStar: readonly TStarRow[]): string {
  const mark = `The study’s mark (|T* − mean best T on the grid| < ${MATCH_WITHIN})`;
  const others = tStar.filter((row) => !row.match).map((row) => String(row.noise));
  if (others.length === 0) return `${mark}: match at ${allLevels(tStar)}.`;
  return `${mark}: match at ${tStar.length - others.length} of ${tStar.length} noise levels; not at ${listed(others)}.`;
}

function sayBasis({ prompts, n }: TStarRow, tBaseUsed: Results['tBaseUsed'], slope: Results['slope']): string {
  const basis = `${count(prompts, 'prompt')}, ${count(n, 'prompt–draw pair')} per noise level, T_base = ${tBaseUsed}`;
  if (slope === undefined || slope.slope === null) return `${basis}.`;
  return `${basis}; slope of observed on predicted log temperature ${withInterval(slope.slope, slope.slopeLow, slope.slopeHigh, 2)}.`;
}

function sayHolding(rows: readonly TStarRow[], all: readonly TStarRow[]): string {
  const bound = `within ±${MATCH_WITHIN} (95 % intervals)`;
  if (rows.length === 0 && all.length === 1)
    return `T* = T_base √(1 + α) is not shown to match the best temperature at ${allLevels(all)}, ${bound}.`;
  if (rows.length === 0)
    return `At none of the ${all.length} noise levels is T* = T_base √(1 + α) shown to match the best temperature ${bound}.`;
  const widest = Math.max(
    ...rows.flatMap((row) => [Math.abs(row.observedMinusPredictedLow ?? 0), Math.abs(row.observedMinusPredictedHigh ?? 0)]),
  );
  const where = rows.length === all.length ? allLevels(all) : `noise ${listed(rows.map((row) => String(row.noise)))}`;
  return `T* = T_base √(1 + α) matches the best temperature at ${where}, ${bound}: off by at most ${decimals(widest, 2)}.`;
}

function sayOthers(rows: readonly TStarRow[], what: string): string[] {
  if (rows.length === 0) return [];
  const each = rows.map((row) => {
    const { observedMinusPredicted: off, observedMinusPredictedLow: low, observedMinusPredictedHigh: high } = row;
    const range = low === null ? '; one prompt gives no interval' : ` ${interval(low, high, 2)}`;
    const atEnd = row.atEnd === 0 ? '' : `; ${row.atEnd} of ${row.n} draws at an end of the search`;
    return `${row.noise} (the best temperature is ${decimals(Math.abs(off), 2)} ${off < 0 ? 'below' : 'above'} T*${range}${atEnd})`;
  });
  return [`It ${what} at noise ${listed(each)}.`];
}

function allLevels(rows: readonly TStarRow[]): string {
  return rows.length === 1 ? `noise ${rows[0]!.noise}, the only level` : `all ${rows.length} noise levels`;
}
