// The jackknife over prompts (Efron 1982): the interval of an estimate that is no mean, from the same estimate with each
// prompt left out in turn; draws of one prompt are not independent, so the prompt is the unit.
import { type Interval, studentReach } from './intervals.ts';
import { mean } from './moments.ts';

const NONE: Interval = { low: null, high: null, se: null };

/**
 * se = sqrt((n - 1) / n * sum (estimate without p - their mean)^2) over n prompts; low, high = estimate -+ t(0.975, n - 1) se.
 * null where the estimate is null, with one prompt, or where leaving one out leaves no estimate.
 */
export function jackknifeOverPrompts<Row extends { readonly prompt: number }>(
  rows: readonly Row[],
  estimate: (rows: readonly Row[]) => number | null,
): Interval {
  const whole = estimate(rows);
  const prompts = [...new Set(rows.map(({ prompt }) => prompt))];
  if (whole === null || prompts.length < 2) return NONE;
  const without = prompts.map((left) => estimate(rows.filter(({ prompt }) => prompt !== left)));
  const known = without.filter((value) => value !== null);
  if (known.length < prompts.length) return NONE;
  const center = mean(known);
  const squares = known.reduce((sum, value) => sum + (value - center) ** 2, 0);
  const se = Math.sqrt(((known.length - 1) / known.length) * squares);
  const reach = studentReach(known.length) * se;
  return { low: whole - reach, high: whole + reach, se };
}
