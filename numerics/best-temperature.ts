// The temperature that best undoes a disturbance: on a grid, as the study takes it, and as the continuous minimizer of
// KL( softmax(clean / T_base) || softmax(noisy / T) ), as EXPERIMENT.md ("What the study leaves out") defines it: the root in
// beta = 1 / T of E_softmax(beta noisy)[noisy] - E_softmax(clean / T_base)[noisy], which rises with beta.
import { greatest, softmaxExpectation, type TiltedMoments, tiltedMoments } from './log-sum-exp.ts';

/** Temperatures are searched in this range. */
export const T_LOW = 0.02;
export const T_HIGH = 50;
/** The search ends when a step changes log T by no more than this. */
const LOG_T_TOLERANCE = 1e-6;
/** After so many Newton steps bisection, which takes 23, is the better bet. */
const NEWTON_STEPS = 12;

export interface BestTemperature {
  readonly temperature: number;
  /** The end of [0.02, 50] that the optimum points to, where it has no root inside; else null. */
  readonly atEnd: 'low' | 'high' | null;
}

/** The temperature of the least score (KL), the first on ties. Lengths that differ, an empty grid and NaN throw a RangeError. */
export function bestTemperatureByLeast(temperatures: readonly number[], scores: readonly number[]): number {
  return temperatures[firstBest(temperatures, scores, (score, best) => score < best)]!;
}

/** The temperature of the greatest score (probability), the first on ties; throws as its sibling does. */
export function bestTemperatureByGreatest(temperatures: readonly number[], scores: readonly number[]): number {
  return temperatures[firstBest(temperatures, scores, (score, best) => score > best)]!;
}

/**
 * The continuous minimizer over T in [0.02, 50]. clean, noisy: [V] logits, finite. Where noisy is constant every T is a
 * minimizer, and tBase is given. Lengths that differ, V = 0, numbers that are not finite and tBase <= 0 throw a RangeError.
 *
 * @example bestTemperatureContinuous([0, 1, 3], [0, 2, 6], 0.8) // { temperature: 1.6, atEnd: null }, to 1e-6
 */
export function bestTemperatureContinuous(clean: ArrayLike<number>, noisy: ArrayLike<number>, tBase: number): BestTemperature {
  if (!(tBase > 0 && tBase < Number.POSITIVE_INFINITY)) throw new RangeError(`T_base is a positive number, not ${tBase}`);
  const { value: top } = greatest(noisy);
  return solve(noisy, top, softmaxExpectation(clean, 1 / tBase, noisy, top), tBase);
}

/**
 * The same from the expectation E_softmax(clean / T_base)[noisy] (logit units), where another place has computed it. `start`, a
 * temperature, is where the search begins (T_base, or better T_base sqrt(1 + alpha)); it does not move the answer by more than
 * the tolerance. `origin` is the logit that the expectation is relative to: with the greatest noisy one it keeps its digits where
 * the clean softmax is almost all on one token. An expectation that is not finite and a start that is not positive throw a RangeError.
 */
export function bestTemperatureForExpectation(
  noisy: ArrayLike<number>,
  expectation: number,
  { start = 1, origin = 0 }: { readonly start?: number; readonly origin?: number } = {},
): BestTemperature {
  if (!Number.isFinite(expectation)) throw new RangeError(`The expectation of the noisy logits is ${expectation}: it must be finite`);
  if (!(start > 0 && start < Number.POSITIVE_INFINITY)) throw new RangeError(`The search starts at a positive temperature, not ${start}`);
  const { value: top } = greatest(noisy);
  return solve(noisy, top, expectation - (top - origin), start);
}

/** All relative to the greatest noisy logit, so that a softmax that is almost all on one token keeps its digits. */
function solve(noisy: ArrayLike<number>, top: number, target: number, start: number): BestTemperature {
  if (isConstant(noisy)) return { temperature: start, atEnd: null };
  const momentsAt = (beta: number) => tiltedMoments(noisy, beta, top);
  const within = Math.min(T_HIGH, Math.max(T_LOW, start));
  return byNewton(momentsAt, target, 1 / within) ?? byBisection(momentsAt, target);
}

/**
 * Newton in beta (the derivative is the variance), no step beyond a factor of two: four to eight steps from a start near the root.
 * undefined where a step leaves the range or the steps do not shrink, as it happens where the softmax is nearly all on one token.
 */
function byNewton(momentsAt: (beta: number) => TiltedMoments, target: number, start: number): BestTemperature | undefined {
  let beta = start;
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const { mean, variance } = momentsAt(beta);
    if (mean === target) return { temperature: 1 / beta, atEnd: null };
    const next = Math.min(2 * beta, Math.max(beta / 2, beta - (mean - target) / variance));
    if (!(next >= 1 / T_HIGH && next <= 1 / T_LOW)) return undefined;
    if (Math.abs(Math.log(next / beta)) <= LOG_T_TOLERANCE) return { temperature: 1 / next, atEnd: null };
    beta = next;
  }
  return undefined;
}

/** Halves the range in log beta, once the ends have said that there is a root inside. */
function byBisection(momentsAt: (beta: number) => TiltedMoments, target: number): BestTemperature {
  if (momentsAt(1 / T_LOW).mean < target) return { temperature: T_LOW, atEnd: 'low' };
  if (momentsAt(1 / T_HIGH).mean > target) return { temperature: T_HIGH, atEnd: 'high' };
  let [low, high] = [1 / T_HIGH, 1 / T_LOW];
  while (Math.log(high / low) > LOG_T_TOLERANCE) {
    const middle = Math.sqrt(low * high);
    if (momentsAt(middle).mean < target) low = middle;
    else high = middle;
  }
  return { temperature: 1 / Math.sqrt(low * high), atEnd: null };
}

function isConstant(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false;
  return true;
}

function firstBest(temperatures: readonly number[], scores: readonly number[], better: (score: number, best: number) => boolean): number {
  if (temperatures.length === 0 || temperatures.length !== scores.length) {
    throw new RangeError(`A grid of ${temperatures.length} temperatures with ${scores.length} scores has no best one`);
  }
  if (scores.some(Number.isNaN)) throw new RangeError(`The score at temperature ${temperatures[scores.findIndex(Number.isNaN)]} is NaN`);
  return scores.reduce((best, score, i) => (better(score, scores[best]!) ? i : best), 0);
}
