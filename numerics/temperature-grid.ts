// The grid of temperatures that step 4 scores: T_base times each multiple, rounded as Python's round(x, 2) does, because the
// study's grid is Python's. toFixed(2) rounds exact ties away from zero where Python takes the even neighbour.
import { UserError } from '../formats/user-error.ts';

const FRACTION_BITS = 52;
const FRACTION_MASK = (1n << 52n) - 1n;
/** A float64 is its significand, as an integer, times 2^(exponent field - 1075). */
const EXPONENT_BIAS = 1075;

/**
 * The float64 products tBase * multiple, rounded to two decimals, ascending, duplicates dropped. Throws a UserError where a
 * product rounds to 0 or is not positive and finite.
 *
 * @example temperatureGrid(0.8, [0.7, 1, 1.5]) // [0.56, 0.8, 1.2]
 */
export function temperatureGrid(tBase: number, multiples: readonly number[]): number[] {
  const temperatures = multiples.map((multiple) => {
    const temperature = roundToHundredths(tBase * multiple);
    if (temperature > 0 && temperature < Number.POSITIVE_INFINITY) return temperature;
    throw new UserError(
      `T_base ${tBase} times ${multiple} gives the temperature ${temperature}: every temperature must be above 0; raise tBase or drop the multiple`,
    );
  });
  return [...new Set(temperatures)].sort((a, b) => a - b);
}

/**
 * x to the nearest multiple of 1/100, as Python's round(x, 2): decided on the exact binary value, exact ties to the even
 * neighbour; the result is the float64 nearest to that multiple. NaN and infinities come back as they are, and -0.001 as -0.
 *
 * @example roundToHundredths(0.75 * 1.5) // 1.12 (1.125 is an exact tie; toFixed says 1.13)
 */
export function roundToHundredths(x: number): number {
  // From 2^52 on a float64 is a whole number.
  if (!Number.isFinite(x) || Math.abs(x) >= 2 ** 52 || x === 0) return x;
  const { significand, exponent } = decompose(Math.abs(x));
  const hundredths = halfToEven(significand * 100n, -exponent);
  // Below 2^52 * 100 the quotient of two exact integers is the float64 nearest to the decimal; beyond 2^53 hundredths are finer than floats.
  const rounded = hundredths < 2n ** 53n ? Number(hundredths) / 100 : Number(`${hundredths}e-2`);
  return x < 0 ? -rounded : rounded;
}

/** x = significand * 2^exponent, exactly; x positive and finite. */
function decompose(x: number): { readonly significand: bigint; readonly exponent: number } {
  const bits = new BigUint64Array(new Float64Array([x]).buffer)[0]!;
  const biased = Number(bits >> BigInt(FRACTION_BITS));
  const fraction = bits & FRACTION_MASK;
  if (biased === 0) return { significand: fraction, exponent: 1 - EXPONENT_BIAS };
  return { significand: fraction | (1n << BigInt(FRACTION_BITS)), exponent: biased - EXPONENT_BIAS };
}

/** value / 2^bits to the nearest integer, ties to even; bits > 0, which below 2^52 always holds. */
function halfToEven(value: bigint, bits: number): bigint {
  const whole = value >> BigInt(bits);
  const rest = value - (whole << BigInt(bits));
  const half = 1n << BigInt(bits - 1);
  return rest > half || (rest === half && whole % 2n === 1n) ? whole + 1n : whole;
}
