// Does the best temperature follow the prediction? The slope of log(observed / T_base) on log(predicted / T_base), by least
// squares through the origin over all draws; 1 is the theory. Its interval comes from the jackknife over prompts (Efron 1982),
// since draws of one prompt are not independent.
import { jackknifeOverPrompts } from './jackknife.ts';

export interface SlopePoint {
  readonly prompt: number;
  readonly predicted: number;
  readonly observed: number;
}

export interface Slope {
  readonly slope: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly se: number | null;
}

/**
 * slope = sum x y / sum x^2; se = sqrt((n - 1) / n * sum (slope without p - their mean)^2) over n prompts; low, high = slope -+
 * t(0.975, n - 1) se. null: the slope where no point has x != 0 (so too without points), the interval with one prompt or where
 * leaving one out leaves no slope. Temperatures (predicted, observed, tBase) that are not positive and finite throw a RangeError.
 */
export function slopeThroughOrigin(points: readonly SlopePoint[], tBase: number): Slope {
  const logs = points.map(({ prompt, predicted, observed }) => ({ prompt, x: logRatio(predicted, tBase), y: logRatio(observed, tBase) }));
  return { slope: leastSquares(logs), ...jackknifeOverPrompts(logs, leastSquares) };
}

function leastSquares(points: readonly { readonly x: number; readonly y: number }[]): number | null {
  const squares = points.reduce((sum, { x }) => sum + x * x, 0);
  return squares === 0 ? null : points.reduce((sum, { x, y }) => sum + x * y, 0) / squares;
}

function logRatio(temperature: number, tBase: number): number {
  const ratio = Math.log(temperature / tBase);
  if (Number.isFinite(ratio)) return ratio;
  throw new RangeError(`Temperatures are positive and finite, not ${temperature} over T_base ${tBase}`);
}
