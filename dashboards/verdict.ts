// The sentence that a person can quote: does T* match the best temperature, at which noise levels, by how much. Made from
// the table of step 4 alone; also for terminals.
import type { Results, TStarRow } from '../artifacts/run-record.ts';
import { decimals, interval, listed } from './format.ts';

/** The study's bound on |T* - best T|, also the verdict's band. */
export const MATCH_WITHIN = 0.15;

export interface Verdict {
  /** One or two sentences in plain words. */
  readonly sentence: string;
  /** The study's own mark, counted. */
  readonly studyMark: string;
  /** Of all levels: holds where all hold, fails where any fails. */
  readonly overall: TStarRow['verdict'];
}

/** undefined where the run has no table of T*. */
export function verdictOf({ tStar }: Results): Verdict | undefined {
  if (tStar === undefined || tStar.length === 0) return undefined;
  const [holding, failing, open] = (['holds', 'fails', 'undecided'] as const).map((name) =>
    tStar.filter((row) => row.verdict === name),
  ) as [TStarRow[], TStarRow[], TStarRow[]];
  const matching = tStar.filter((row) => row.match);
  return {
    sentence: [sayHolding(holding, tStar), ...sayOthers(failing, 'fails'), ...sayOthers(open, 'is undecided')].join(' '),
    studyMark:
      matching.length === tStar.length
        ? `The study’s mark (|T* − mean best T on the grid| < ${MATCH_WITHIN}): match at all ${tStar.length} noise levels.`
        : `The study’s mark (|T* − mean best T on the grid| < ${MATCH_WITHIN}): match at ${matching.length} of ${tStar.length} noise levels; not at ${listed(tStar.filter((row) => !row.match).map((row) => String(row.noise)))}.`,
    overall: failing.length > 0 ? 'fails' : open.length > 0 ? 'undecided' : 'holds',
  };
}

function sayHolding(rows: readonly TStarRow[], all: readonly TStarRow[]): string {
  const bound = `within ±${MATCH_WITHIN} (95 % intervals)`;
  if (rows.length === 0)
    return `At none of the ${all.length} noise levels is T* = T_base √(1 + α) shown to match the best temperature ${bound}.`;
  const widest = Math.max(
    ...rows.flatMap((row) => [Math.abs(row.observedMinusPredictedLow ?? 0), Math.abs(row.observedMinusPredictedHigh ?? 0)]),
  );
  const where = rows.length === all.length ? `all ${all.length} noise levels` : `noise ${listed(rows.map((row) => String(row.noise)))}`;
  return `T* = T_base √(1 + α) matches the best temperature at ${where}, ${bound}: off by at most ${decimals(widest, 2)}.`;
}

function sayOthers(rows: readonly TStarRow[], what: string): string[] {
  if (rows.length === 0) return [];
  const each = rows.map(
    (row) =>
      `${row.noise} (the best temperature is ${decimals(Math.abs(row.observedMinusPredicted), 2)} ${row.observedMinusPredicted < 0 ? 'below' : 'above'} T* ${interval(row.observedMinusPredictedLow, row.observedMinusPredictedHigh, 2)})`,
  );
  return [`It ${what} at noise ${listed(each)}.`];
}
