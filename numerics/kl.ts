// How far sampling from disturbed logits at T is from sampling from the clean ones at T_base: the KL divergence in nats, and
// the probability that the clean argmax keeps (EXPERIMENT.md, step 4). From logits, in float64:
// KL(T) = -H(p) - (p . noisy) / T + logSumExp(noisy / T), p = softmax(clean / T_base); the dot product does not depend on T.
import { greatest, logSumExp, softmaxExpectation } from './log-sum-exp.ts';

export interface TemperatureScores {
  /** KL( softmax(clean / tBase) || softmax(noisy / T) ) in nats, from 0, per temperature. */
  readonly klByTemperature: number[];
  /** softmax(noisy / T)[argmax clean], the first argmax on ties, per temperature. */
  readonly probByTemperature: number[];
}

/**
 * Both scores over a grid of temperatures (> 0), one pass of exponentials for each. clean, noisy: [V] logits in nats. Lengths
 * that differ, V = 0, logits that are not finite and temperatures that are not positive throw a RangeError. Rounding may leave
 * KL(p || p) a few 1e-15 beside 0; below 0 is cut off.
 */
export function scoreTemperatures(
  clean: ArrayLike<number>,
  noisy: ArrayLike<number>,
  { tBase, temperatures }: { readonly tBase: number; readonly temperatures: readonly number[] },
): TemperatureScores {
  for (const temperature of [tBase, ...temperatures]) positive(temperature);
  const dot = softmaxExpectation(clean, 1 / tBase, noisy);
  const minusEntropy = softmaxExpectation(clean, 1 / tBase, clean) / tBase - logSumExp(clean, 1 / tBase);
  const atArgmax = noisy[greatest(clean).index]!;
  const { value: top } = greatest(noisy);
  const normalizers = temperatures.map((temperature) => logSumExp(noisy, 1 / temperature, top));
  return {
    klByTemperature: temperatures.map((temperature, i) => Math.max(0, minusEntropy - dot / temperature + normalizers[i]!)),
    probByTemperature: temperatures.map((temperature, i) => Math.exp(atArgmax / temperature - normalizers[i]!)),
  };
}

/** KL( softmax(clean / tBase) || softmax(noisy / temperature) ) in nats; throws as `scoreTemperatures` does. */
export function klDivergence(
  clean: ArrayLike<number>,
  noisy: ArrayLike<number>,
  { tBase, temperature }: { readonly tBase: number; readonly temperature: number },
): number {
  return scoreTemperatures(clean, noisy, { tBase, temperatures: [temperature] }).klByTemperature[0]!;
}

/** softmax(noisy / temperature)[argmax clean]; throws as `scoreTemperatures` does. */
export function probabilityOfArgmax(clean: ArrayLike<number>, noisy: ArrayLike<number>, temperature: number): number {
  positive(temperature);
  if (clean.length !== noisy.length)
    throw new RangeError(`${clean.length} clean logits but ${noisy.length} noisy ones: one vocabulary is needed`);
  return Math.exp(noisy[greatest(clean).index]! / temperature - logSumExp(noisy, 1 / temperature));
}

function positive(temperature: number): void {
  if (!(temperature > 0 && temperature < Number.POSITIVE_INFINITY))
    throw new RangeError(`A temperature is a positive number, not ${temperature}`);
}
