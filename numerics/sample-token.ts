// One token drawn from logits: the inverse of softmax(logits / T)'s distribution function at a given uniform, in float64.
export interface TokenChoice {
  /** 0: the greatest logit, the first of equals. */
  readonly temperature: number;
  /** In (0, 1). */
  readonly uniform: number;
  /** Never chosen. */
  readonly without?: ReadonlySet<number>;
}

/**
 * logits [V], finite -> the least id whose probability, with those of all ids before it, sums to more than the uniform. No ids
 * that may be chosen throw a RangeError. sampleToken([0, 1, 0], { temperature: 0, uniform: 0.5 }) is 1.
 */
export function sampleToken(logits: ArrayLike<number>, { temperature, uniform, without }: TokenChoice): number {
  let greatest = -1;
  for (let id = 0; id < logits.length; id++)
    if (without?.has(id) !== true && (greatest < 0 || logits[id]! > logits[greatest]!)) greatest = id;
  if (greatest < 0) throw new RangeError(`no token of ${logits.length} may be chosen`);
  if (temperature === 0) return greatest;
  const weights = Float64Array.from(logits, (logit, id) =>
    without?.has(id) === true ? 0 : Math.exp((logit - logits[greatest]!) / temperature),
  );
  const target = uniform * weights.reduce((sum, weight) => sum + weight, 0);
  let below = 0;
  // The sum is taken in the same order again: it passes the target before its end.
  for (let id = 0; id < weights.length; id++) {
    below += weights[id]!;
    if (below > target) return id;
  }
  return greatest;
}
