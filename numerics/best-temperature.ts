// The temperature that best undoes a disturbance: on a grid, as the study takes it, and as the continuous minimizer of
// KL( softmax(clean / T_base) || softmax(noisy / T) ), as EXPERIMENT.md ("What the study leaves out") defines it: the root in
// beta = 1 / T of E_softmax(beta noisy)[noisy] - E_softmax(clean / T_base)[noisy], which rises with beta.
import { greatest, softmaxExpectation, type TiltedMoments, tiltedMoments } from './log-sum-exp.ts';

const T_LOW = 0.02;
const T_HIGH = 50;
/** The search ends when a step changes log T by no more than this. */
const LOG_T_TOLERANCE = 1e-6;
/** Newton takes 4 to 8 steps; bisection alone would take 23. Above this something is wrong. */
const MOST_STEPS = 100;

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
 */
export function bestTemperatureContinuous(clean: ArrayLike<number>, noisy: ArrayLike<number>, tBase: number): BestTemperature {
  if (!(tBase > 0 && tBase < Number.POSITIVE_INFINITY)) throw new RangeError(`T_base is a positive number, not ${tBase}`);
  return bestTemperatureForExpectation(noisy, softmaxExpectation(clean, 1 / tBase, noisy), { start: tBase });
}

/**
 * The same from the expectation E_softmax(clean / T_base)[noisy] (logit units), where another place has computed it. `start` is
 * where the search begins (T_base, or better T_base sqrt(1 + alpha)); it does not move the answer by more than the tolerance.
 */
export function bestTemperatureForExpectation(
  noisy: ArrayLike<number>,
  expectation: number,
  { start = 1 }: { readonly start?: number } = {},
): BestTemperature {
  if (!Number.isFinite(expectation)) throw new RangeError(`The expectation of the noisy logits is ${expectation}: it must be finite`);
  const { value: top } = greatest(noisy);
  const target = expectation - top;
  const momentsAt = (beta: number) => tiltedMoments(noisy, beta, top);
  if (isConstant(noisy)) return { temperature: start, atEnd: null };
  return findRoot(momentsAt, target, 1 / Math.min(T_HIGH, Math.max(T_LOW, start)));
}

/**
 * Newton in beta (the derivative is the variance) inside a bracket; a step out of the bracket becomes a bisection in log beta.
 * The ends are evaluated only when a step wants to pass them, and then say whether there is a root inside at all.
 */
function findRoot(momentsAt: (beta: number) => TiltedMoments, target: number, start: number): BestTemperature {
  const bracket = { low: 1 / T_HIGH, high: 1 / T_LOW, lowKnown: false, highKnown: false };
  let beta = start;
  for (let step = 0; step < MOST_STEPS; step++) {
    const { mean, variance } = momentsAt(beta);
    const excess = mean - target;
    if (excess === 0) return { temperature: 1 / beta, atEnd: null };
    if (excess < 0) Object.assign(bracket, { low: beta, lowKnown: true });
    else Object.assign(bracket, { high: beta, highKnown: true });
    const newton = beta - excess / variance;
    if (!(newton < bracket.high) && !bracket.highKnown) {
      if (momentsAt(bracket.high).mean < target) return { temperature: T_LOW, atEnd: 'low' };
      bracket.highKnown = true;
    }
    if (!(newton > bracket.low) && !bracket.lowKnown) {
      if (momentsAt(bracket.low).mean > target) return { temperature: T_HIGH, atEnd: 'high' };
      bracket.lowKnown = true;
    }
    const next = newton > bracket.low && newton < bracket.high ? newton : Math.sqrt(bracket.low * bracket.high);
    if (Math.abs(Math.log(next / beta)) <= LOG_T_TOLERANCE) return { temperature: 1 / next, atEnd: null };
    beta = next;
  }
  throw new Error(`No best temperature after ${MOST_STEPS} steps: beta between ${bracket.low} and ${bracket.high}`);
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
