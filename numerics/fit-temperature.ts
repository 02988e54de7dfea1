// Temperature scaling (Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2): the one T that minimizes the mean
// NLL of softmax(logits / T) on held-out answers. In beta = 1 / T the NLL is convex, so its minimum is the one root of its gradient.
import { type BestTemperature, T_HIGH, T_LOW } from './best-temperature.ts';
import type { Interval } from './intervals.ts';
import { jackknifeOverPrompts } from './jackknife.ts';

/** The search ends when the middle of what is left is this close in log T, */
const LOG_T_TOLERANCE = 1e-10;
/** or with a step of Newton's no longer than this: what it leaves is about its square. */
const LAST_NEWTON_STEP = 1e-7;
/** Bisection alone needs 36 steps from one end of the range to the other, and every second step at worst is one. */
const MOST_STEPS = 100;

/** Derivatives of the summed NLL by beta, in logit units. */
export interface NllSlope {
  readonly gradient: number;
  readonly curvature: number;
}

export interface PromptSlope extends NllSlope {
  readonly prompt: number;
}

/** Sums over prompts, in the order of their numbers: the bits do not depend on the order in which they come. */
export function totalSlope(slopes: readonly PromptSlope[]): NllSlope {
  let [gradient, curvature] = [0, 0];
  for (const slope of byPrompt(slopes)) {
    gradient += slope.gradient;
    curvature += slope.curvature;
  }
  return { gradient, curvature };
}

/**
 * The search: yields temperatures, is told the slope of the NLL there, returns the minimizer in [0.02, 50], to 1e-9 in log T.
 * Newton in beta; where that leaves what the signs of the gradients allow, or shrinks too slowly, the middle in log beta. With no
 * minimum inside (every answer was the likeliest token) it is the end that the slope points to. A NaN throws a RangeError.
 *
 * @example fitTemperature((temperature) => slopeAt(temperature)) // where the slopes are at hand
 */
export function* searchTemperature(): Generator<number, BestTemperature, NllSlope> {
  const bracket: Bracket = { low: 1 / T_HIGH, high: 1 / T_LOW, isLowSeen: false, isHighSeen: false };
  let beta = 1;
  let [step, stepBefore] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let count = 0; count < MOST_STEPS; count++) {
    const { gradient, curvature } = yield 1 / beta;
    if (Number.isNaN(gradient) || Number.isNaN(curvature)) throw new RangeError(`The NLL at temperature ${1 / beta} has no slope`);
    if (gradient === 0) return { temperature: 1 / beta, atEnd: null };
    if (gradient < 0 && beta === 1 / T_LOW) return { temperature: T_LOW, atEnd: 'low' };
    if (gradient > 0 && beta === 1 / T_HIGH) return { temperature: T_HIGH, atEnd: 'high' };
    if (gradient < 0) Object.assign(bracket, { low: beta, isLowSeen: true });
    else Object.assign(bracket, { high: beta, isHighSeen: true });
    const newton = newtonBeta(beta - gradient / curvature, bracket);
    const isSlow = newton === undefined || Math.abs(Math.log(newton / beta)) > stepBefore / 2;
    const next = isSlow ? Math.sqrt(bracket.low * bracket.high) : newton;
    [stepBefore, step] = [step, Math.abs(Math.log(next / beta))];
    if (step <= (isSlow ? LOG_T_TOLERANCE : LAST_NEWTON_STEP)) return { temperature: 1 / next, atEnd: null };
    beta = next;
  }
  throw new RangeError(`The gradient of the NLL changes its sign more than once: the slopes are not of one function`);
}

/** The search where slopes can be computed at once. */
export function fitTemperature(slopeAt: (temperature: number) => NllSlope): BestTemperature {
  const search = searchTemperature();
  let asked = search.next();
  while (!asked.done) asked = search.next(slopeAt(asked.value));
  return asked.value;
}

interface Bracket {
  low: number;
  high: number;
  /** An end of the range that nobody has looked at may still be the answer. */
  isLowSeen: boolean;
  isHighSeen: boolean;
}

/** Newton's next point where it lies inside, an unseen end where it lies beyond that; undefined elsewhere. */
function newtonBeta(beta: number, { low, high, isLowSeen, isHighSeen }: Bracket): number | undefined {
  if (beta > low && beta < high) return beta;
  if (beta >= high && !isHighSeen) return high;
  if (beta <= low && !isLowSeen) return low;
  return undefined;
}

/**
 * The interval of a fitted temperature, 95 %, by the jackknife over prompts on log T: without prompt p the root is taken one Newton
 * step from the fit, beta - sum g / sum h over the other prompts (g, h their slopes at the fit), so no logits are needed again;
 * low, high = exp(log T -+ t(0.975, n - 1) se), se = T times that of log T. null with one prompt, and where a step leaves beta > 0.
 */
export function temperatureInterval(temperature: number, slopes: readonly PromptSlope[]): Interval {
  const { low, high, se } = jackknifeOverPrompts(byPrompt(slopes), (rows) => {
    const { gradient, curvature } = totalSlope(rows);
    const beta = 1 / temperature - (gradient === 0 ? 0 : gradient / curvature);
    return beta > 0 && beta < Number.POSITIVE_INFINITY ? -Math.log(beta) : null;
  });
  if (low === null || high === null || se === null) return { low: null, high: null, se: null };
  return { low: Math.exp(low), high: Math.exp(high), se: temperature * se };
}

function byPrompt(slopes: readonly PromptSlope[]): readonly PromptSlope[] {
  return [...slopes].sort((a, b) => a.prompt - b.prompt);
}
