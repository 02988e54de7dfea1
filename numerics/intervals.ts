// Confidence intervals, all 95 %: of means over prompts (draws of one prompt are not independent, so the prompt is the unit),
// of T*, and of accuracies. As EXPERIMENT.md ("What the study leaves out") states them: Student's t, Wilson's score.
import type quantile from '@stdlib/stats-base-dists-t-quantile';
import { libraryFunction } from './library-function.ts';
import { mean, stdUnbiased } from './moments.ts';

const UPPER_TAIL = 0.975;
/** The normal's 97.5 % quantile, to the digits that EXPERIMENT.md gives. */
const WILSON_Z = 1.959964;

/** null where the numbers do not determine it: one prompt has no standard error. */
export interface Interval {
  readonly low: number | null;
  readonly high: number | null;
  readonly se: number | null;
}

export interface MeanInterval extends Interval {
  readonly mean: number;
}

/**
 * The mean over all values, with m_p = the mean over prompt p's values, n prompts, se = stdUnbiased(m_p) / sqrt(n), and low,
 * high = mean -+ t(0.975, n - 1) se, raised to `minimum` where the quantity cannot lie below. (Where prompts have different
 * numbers of draws the mean stays the study's, over all draws.) n = 1: low, high, se null; no values: a RangeError; NaN in, NaN out.
 *
 * @example intervalOverPrompts([{ prompt: 0, value: 1 }, { prompt: 1, value: 3 }]) // mean 2, se 1, 2 -+ 12.7062
 */
export function intervalOverPrompts(
  values: readonly { readonly prompt: number; readonly value: number }[],
  { minimum = Number.NEGATIVE_INFINITY }: { readonly minimum?: number } = {},
): MeanInterval {
  const center = mean(values.map(({ value }) => value));
  const means = meansByPrompt(values);
  if (means.length < 2) return { mean: center, low: null, high: null, se: null };
  const se = stdUnbiased(means) / Math.sqrt(means.length);
  const reach = studentReach(means.length) * se;
  return { mean: center, low: Math.max(minimum, center - reach), high: Math.max(minimum, center + reach), se };
}

/**
 * The interval of T* = tBase sqrt(1 + alpha) from that of mean alpha: the same formula at both ends (it is no mean of its own),
 * se = tBase * alphaSe / (2 sqrt(1 + alpha)) (delta method). null where alpha has none.
 */
export function tStarInterval(tBase: number, alpha: MeanInterval): Interval {
  const at = (value: number | null) => (value === null ? null : tBase * Math.sqrt(1 + value));
  const se = alpha.se === null ? null : (tBase * alpha.se) / (2 * Math.sqrt(1 + alpha.mean));
  return { low: at(alpha.low), high: at(alpha.high), se };
}

/**
 * Wilson's score interval (1927) for correct / total, without continuity correction; within [0, 1]. total = 0, and numbers that
 * are no counts, throw a RangeError.
 *
 * @example wilsonInterval(5, 10) // low 0.2366, high 0.7634
 */
export function wilsonInterval(correct: number, total: number): { readonly low: number; readonly high: number } {
  if (!(Number.isInteger(correct) && Number.isInteger(total) && correct >= 0 && correct <= total && total > 0)) {
    throw new RangeError(`An accuracy needs counts with 0 <= correct <= total and total > 0, not ${correct} of ${total}`);
  }
  const share = correct / total;
  const z2 = WILSON_Z ** 2 / total;
  const center = (share + z2 / 2) / (1 + z2);
  const reach = (WILSON_Z * Math.sqrt((share * (1 - share)) / total + z2 / (4 * total))) / (1 + z2);
  // At the ends of the scale the formula gives 0 and 1 exactly; floats miss them by a rounding.
  return { low: correct === 0 ? 0 : Math.max(0, center - reach), high: correct === total ? 1 : Math.min(1, center + reach) };
}

/** t(0.975, n - 1), the factor on the standard error; count >= 2. */
export function studentReach(count: number): number {
  return libraryFunction<typeof quantile>('@stdlib/stats-base-dists-t-quantile')(UPPER_TAIL, count - 1);
}

function meansByPrompt(values: readonly { readonly prompt: number; readonly value: number }[]): number[] {
  const byPrompt = new Map<number, number[]>();
  for (const { prompt, value } of values) {
    const own = byPrompt.get(prompt);
    if (own === undefined) byPrompt.set(prompt, [value]);
    else own.push(value);
  }
  return [...byPrompt.values()].map(mean);
}
