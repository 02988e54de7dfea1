// ln sum exp(beta x): the normalizer of a softmax over logits, and the softmax's expectation and variance, which are its
// first two derivatives by beta. float64, shifted by the greatest logit so that nothing overflows.
import { expOfNonPositive } from './exp.ts';

/** The greatest of the numbers and the first place where it stands. n = 0 throws a RangeError, as does a NaN or an infinity. */
export function greatest(logits: ArrayLike<number>): { readonly value: number; readonly index: number } {
  if (logits.length === 0) throw new RangeError('A vocabulary without logits has no softmax');
  let [value, index] = [Number.NEGATIVE_INFINITY, 0];
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i]!;
    // Also false for NaN, which then fails the check below.
    if (!(Math.abs(logit) < Number.POSITIVE_INFINITY))
      throw new RangeError(`Logit ${i} of ${logits.length} is ${logit}: logits must be finite`);
    if (logit > value) [value, index] = [logit, i];
  }
  return { value, index };
}

/**
 * ln sum_i exp(beta x_i) over [V] logits, beta = 1 / T > 0 (nats); `top` is their greatest, found and checked where it is not
 * given. Relative error near 1e-13. n = 0 and logits that are not finite throw a RangeError.
 *
 * @example logSumExp([0, 0], 1) // Math.LN2
 */
export function logSumExp(logits: ArrayLike<number>, beta = 1, top = greatest(logits).value): number {
  let sum = 0;
  for (let i = 0; i < logits.length; i++) {
    sum += expOfNonPositive(beta * (logits[i]! - top));
  }
  return beta * top + Math.log(sum);
}

export interface TiltedMoments {
  /** E[x - top] under softmax(beta x). */
  readonly mean: number;
  /** Var[x] under softmax(beta x): the derivative of `mean` by beta. */
  readonly variance: number;
}

/** Moments of [V] logits under softmax(beta x), relative to `top`, their greatest (from `greatest`). n >= 1, finite, not checked again. */
export function tiltedMoments(logits: ArrayLike<number>, beta: number, top: number): TiltedMoments {
  let [weights, first, second] = [0, 0, 0];
  for (let i = 0; i < logits.length; i++) {
    const below = logits[i]! - top;
    const weight = expOfNonPositive(beta * below);
    const weighted = weight * below;
    weights += weight;
    first += weighted;
    second += weighted * below;
  }
  const mean = first / weights;
  return { mean, variance: Math.max(0, second / weights - mean * mean) };
}

/**
 * E_softmax(beta x)[y - origin] over [V] pairs. (An origin near the answer keeps digits that a subtraction afterwards would lose.)
 * Lengths that differ, n = 0 and numbers that are not finite throw a RangeError.
 */
export function softmaxExpectation(logits: ArrayLike<number>, beta: number, values: ArrayLike<number>, origin = 0): number {
  if (logits.length !== values.length)
    throw new RangeError(`${logits.length} logits but ${values.length} values: one vocabulary is needed`);
  const { value: top } = greatest(logits);
  let [weights, sum] = [0, 0];
  for (let i = 0; i < logits.length; i++) {
    const weight = expOfNonPositive(beta * (logits[i]! - top));
    weights += weight;
    sum += weight * (values[i]! - origin);
  }
  if (!Number.isFinite(sum)) throw new RangeError(`The expectation over ${values.length} values is ${sum}: they must be finite`);
  return sum / weights;
}
