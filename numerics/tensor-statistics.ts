// What a tensor of activations looks like, without its numbers: location, spread, ends, and how many stand far outside.
import { mean, stdUnbiased } from './moments.ts';

export interface TensorStatistics {
  readonly mean: number;
  /** Unbiased. */
  readonly std: number;
  readonly min: number;
  readonly max: number;
  /** sqrt(sum x^2 / n) */
  readonly rms: number;
  /** Share of the numbers that lie more than OUTLIER_STDS std from the mean; 0 where the std is 0. */
  readonly outliers: number;
}

/** Of normal numbers two in a billion lie farther out; those of LLM.int8() (Dettmers et al. 2022) do, at a magnitude of 6. */
export const OUTLIER_STDS = 6;

/**
 * Over all numbers of a tensor, in any shape, accumulated in float64 in index order. n < 2 throws a RangeError (there is no
 * unbiased std); NaN in, NaN out.
 *
 * @example tensorStatistics(Float32Array.of(3, -3)) // { mean: 0, std: 4.2426..., min: -3, max: 3, rms: 3, outliers: 0 }
 */
export function tensorStatistics(values: Float32Array | Float64Array): TensorStatistics {
  const [center, std] = [mean(values), stdUnbiased(values)];
  const far = OUTLIER_STDS * std;
  let [min, max, squares, outside] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    min = Math.min(min, value);
    max = Math.max(max, value);
    squares += value * value;
    if (Math.abs(value - center) > far) outside++;
  }
  return { mean: center, std, min, max, rms: Math.sqrt(squares / values.length), outliers: outside / values.length };
}
