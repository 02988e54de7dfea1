// What separates two rows of logits: of a disturbed pass and the clean one, or of two ways to compute the same pass.
import { alphaOf } from './alpha.ts';

export interface LogitDifference {
  /** var(other - clean) / var(clean) */
  readonly alpha: number;
  /** max |other - clean| */
  readonly max: number;
  /** sqrt(mean (other - clean)^2) */
  readonly rms: number;
}

/**
 * Of [V] logits each, in float64; dimensionless, in logits, in logits. Lengths that differ and V < 2 throw a RangeError; NaN
 * in, NaN out.
 *
 * @example logitDifference([0, 2], [1, 1]) // { alpha: 1, max: 1, rms: 1 }
 */
export function logitDifference(clean: ArrayLike<number>, other: ArrayLike<number>): LogitDifference {
  const alpha = alphaOf(clean, other);
  let [max, squares] = [0, 0];
  for (let i = 0; i < clean.length; i++) {
    const difference = Math.abs(other[i]! - clean[i]!);
    max = Math.max(max, difference);
    squares += difference * difference;
  }
  return { alpha, max, rms: Math.sqrt(squares / clean.length) };
}
