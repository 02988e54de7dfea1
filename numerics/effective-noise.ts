// What a disturbance amounts to at the head (EXPERIMENT.md, step 3): the difference that it makes to the last position's
// hidden state, in std and mean, and how much of the noise's own size arrives.
import { mean, stdUnbiased } from './moments.ts';

export interface EffectiveNoise {
  readonly effectiveStd: number;
  readonly effectiveMean: number;
  /** A ratio; null where std(clean) is 0. */
  readonly preservation: number | null;
}

/**
 * std(noisy - clean) and mean(noisy - clean) over [D], and preservation = std(noisy - clean) / (scale std(clean)). Unbiased over
 * D, in float64. D < 2 throws a RangeError; NaN in, NaN out.
 *
 * @example effectiveNoise([1, 2, 3], [2, 2, 6], 0.5) // std sqrt(7 / 3), mean 4 / 3
 */
export function effectiveNoise(clean: ArrayLike<number>, noisy: ArrayLike<number>, scale: number): EffectiveNoise {
  const difference = Float64Array.from(clean, (value, i) => noisy[i]! - value);
  const [effectiveStd, cleanStd] = [stdUnbiased(difference), stdUnbiased(clean)];
  return { effectiveStd, effectiveMean: mean(difference), preservation: cleanStd === 0 ? null : effectiveStd / (scale * cleanStd) };
}
