// How well a softmax at a temperature predicted one token: the quantities behind NLL, ECE and Brier score, and the slope of the NLL
// that a fit of the temperature follows. float64, from the logits, shifted by the greatest so that nothing overflows.
import { expOfNonPositive } from './exp.ts';
import { greatest } from './log-sum-exp.ts';

export interface TokenScore {
  /** -ln p[target] in nats, from 0. */
  readonly nll: number;
  /** The greatest probability, in (0, 1]. */
  readonly confidence: number;
  /** Whether the greatest logit (the first on ties) is the target's: no temperature changes it. */
  readonly correct: boolean;
  /** sum over the vocabulary of (p - 1[target])^2, in [0, 2] (Brier 1950). */
  readonly brier: number;
  /** d nll / d beta = E_p[x] - x[target], beta = 1 / T, in logit units. */
  readonly gradient: number;
  /** d^2 nll / d beta^2 = Var_p[x], from 0: the NLL is convex in beta. */
  readonly curvature: number;
}

/**
 * p = softmax(logits / temperature) against the token that came, over [V] logits (nats). A target outside the vocabulary, a
 * temperature that is not positive and finite, V = 0 and logits that are not finite throw a RangeError.
 *
 * @example scoreToken([0, 0], { target: 1, temperature: 1 }) // nll ln 2, confidence 0.5, correct false, brier 0.5
 */
export function scoreToken(
  logits: ArrayLike<number>,
  { target, temperature }: { readonly target: number; readonly temperature: number },
): TokenScore {
  if (!(Number.isInteger(target) && target >= 0 && target < logits.length))
    throw new RangeError(`Target ${target} is none of ${logits.length} tokens`);
  if (!(temperature > 0 && temperature < Number.POSITIVE_INFINITY))
    throw new RangeError(`A temperature is positive and finite, not ${temperature}`);
  const { value: top, index } = greatest(logits);
  const beta = 1 / temperature;
  let [weights, squares, first, second] = [0, 0, 0, 0];
  for (let i = 0; i < logits.length; i++) {
    const below = logits[i]! - top;
    const weight = expOfNonPositive(beta * below);
    const weighted = weight * below;
    weights += weight;
    squares += weight * weight;
    first += weighted;
    second += weighted * below;
  }
  const below = logits[target]! - top;
  const probability = expOfNonPositive(beta * below) / weights;
  const mean = first / weights;
  return {
    nll: Math.log(weights) - beta * below,
    confidence: 1 / weights,
    correct: index === target,
    // Rounding may leave it a few 1e-16 outside.
    brier: Math.min(2, Math.max(0, squares / (weights * weights) + 1 - 2 * probability)),
    gradient: mean - below,
    curvature: Math.max(0, second / weights - mean * mean),
  };
}
