// McNemar's test (1947), exact: can two temperatures' accuracies on the same prompts be told apart? Only the prompts on which
// they disagree say anything; without a difference these fall either way like a fair coin.
import type binomialCdf from '@stdlib/stats-base-dists-binomial-cdf';
import { libraryFunction } from './library-function.ts';

/**
 * The two-sided p-value min(1, 2 P(Bin(b + c, 1/2) <= min(b, c))), b and c the numbers of prompts that only the one and only the
 * other got right; 1 where b + c = 0; no mid-p. Numbers that are no counts throw a RangeError.
 *
 * @example mcnemarExact(1, 8) // 0.0390625
 */
export function mcnemarExact(onlyFirst: number, onlySecond: number): number {
  for (const count of [onlyFirst, onlySecond]) {
    if (!(Number.isSafeInteger(count) && count >= 0)) throw new RangeError(`McNemar's test takes counts of prompts, not ${count}`);
  }
  const discordant = onlyFirst + onlySecond;
  if (discordant === 0) return 1;
  const cdf = libraryFunction<typeof binomialCdf>('@stdlib/stats-base-dists-binomial-cdf');
  return Math.min(1, 2 * cdf(Math.min(onlyFirst, onlySecond), discordant, 0.5));
}
