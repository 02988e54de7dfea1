// alpha, the strength of a disturbance at the logits: how much variance it adds, relative to what was there (EXPERIMENT.md,
// step 4). It predicts T* = T_base sqrt(1 + alpha).
import { varianceUnbiased } from './moments.ts';

/**
 * var(noisy - clean) / var(clean) over [V] logits, unbiased, in float64; dimensionless, from 0. 0 where the clean variance is
 * 0. Lengths that differ and V < 2 throw a RangeError; NaN in, NaN out.
 *
 * @example alphaOf([0, 2], [1, 1]) // 1
 */
export function alphaOf(clean: ArrayLike<number>, noisy: ArrayLike<number>): number {
  if (clean.length !== noisy.length)
    throw new RangeError(`${clean.length} clean logits but ${noisy.length} noisy ones: one vocabulary is needed`);
  const cleanVariance = varianceUnbiased(clean);
  if (cleanVariance === 0) return 0;
  return varianceUnbiased(Float64Array.from(clean, (logit, i) => noisy[i]! - logit)) / cleanVariance;
}

/** T_base sqrt(1 + alpha): the temperature that the theory predicts. NaN for alpha < -1. */
export function predictedTemperature(tBase: number, alpha: number): number {
  return tBase * Math.sqrt(1 + alpha);
}
