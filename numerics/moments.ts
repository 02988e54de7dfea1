// Mean, variance and standard deviation of numbers in any array, float32 ones included: the one owner of these
// definitions. Everything accumulates in float64, in two passes, in index order, so a result has the same bits everywhere.

/** sum x / n. n = 0 throws a RangeError; NaN in, NaN out. */
export function mean(values: ArrayLike<number>): number {
  atLeast(1, values, 'mean');
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/**
 * sum (x - mean)^2 / (n - 1), as PyTorch's `var` by default. n < 2 throws a RangeError (it is undefined, not 0; an interval
 * asks for the number of prompts first and gives null). NaN in, NaN out.
 */
export function varianceUnbiased(values: ArrayLike<number>): number {
  atLeast(2, values, 'unbiased variance');
  return sumOfSquares(values) / (values.length - 1);
}

/** The square root of the unbiased variance, as PyTorch's `std`; n < 2 throws a RangeError. */
export function stdUnbiased(values: ArrayLike<number>): number {
  return Math.sqrt(varianceUnbiased(values));
}

/** sqrt( sum (x - mean)^2 / n ), as NumPy's `std`: the spread of exactly these numbers. 0 for n = 1; n = 0 throws a RangeError. */
export function stdPopulation(values: ArrayLike<number>): number {
  atLeast(1, values, 'population standard deviation');
  return Math.sqrt(sumOfSquares(values) / values.length);
}

/** Deviations from the mean, squared; the second sum takes back what rounding left in the mean (Chan, Golub and LeVeque 1983). */
function sumOfSquares(values: ArrayLike<number>): number {
  const center = mean(values);
  let squares = 0;
  let rest = 0;
  for (let i = 0; i < values.length; i++) {
    const deviation = values[i]! - center;
    squares += deviation * deviation;
    rest += deviation;
  }
  return Math.max(squares - (rest * rest) / values.length, Number.isNaN(squares) ? squares : 0);
}

function atLeast(least: number, values: ArrayLike<number>, what: string): void {
  if (values.length < least)
    throw new RangeError(`The ${what} needs at least ${least} number${least === 1 ? '' : 's'}, got ${values.length}`);
}
