// Standard normals from random words, in slow and plain: Box and Muller (1958) in float32, with polynomials of our own for
// log, sin and cos, because Math.log and its like differ between machines. The noise kernel (wasm/assembly/noise.ts) does
// exactly these operations, each rounded to float32; tests compare the two bit by bit.
import { blockAt, type Stream } from './coordinates.ts';

const { fround } = Math;

// Minimax coefficients, rounded to float32. -2 ln(1 + f) = s (-4 + z (LOG[0] + LOG[1] z ...)), s = f / (2 + f), z = s^2 <= 1/9,
// relative error 5e-9; sin y = y + y z (SIN[0] ...), cos y = 1 - z / 2 + z^2 (COS[0] ...), z = y^2, |y| <= pi / 4, error 6e-9.
const LOG = [-1.3333282470703125, -0.8004339933395386, -0.5599827766418457, -0.560489296913147] as const;
const SIN = [-0.16666655242443085, 0.008332177996635437, -0.00019517297914717346] as const;
const COS = [0.04166664555668831, -0.001388736767694354, 0.00002443845005473122] as const;
const MINUS_TWO_LN_2 = fround(-2 * Math.LN2);
/** Angles are whole words, 2^32 a turn: 2 pi / 2^32. */
const RADIANS_PER_UNIT = fround((2 * Math.PI) / 2 ** 32);
const EIGHTH_TURN = 0x20000000;

/**
 * The i-th standard normal of a stream (float32, |z| <= 6.661): lane i % 4 of the four that block floor(i / 4) gives.
 * `index` is an integer from 0 to 2^53 - 1, else a RangeError.
 */
export function normalAt(stream: Stream, index: number): number {
  if (!Number.isSafeInteger(index) || index < 0) throw new RangeError(`A normal's index is an integer from 0 to 2^53 - 1, not ${index}`);
  return normalsOf(blockAt(stream, Math.floor(index / 4)))[index % 4]!;
}

/**
 * Four standard normals from four unsigned words: [r0 cos a1, r0 sin a1, r2 cos a3, r2 sin a3] with r = sqrt(-2 ln u),
 * u = (word + 1) / 2^32 in (0, 1], a = 2 pi word / 2^32. Within 1e-6 relative of the same in float64, except that a quarter
 * turn gives an exact 0.
 */
export function normalsOf([w0, w1, w2, w3]: readonly [number, number, number, number]): [number, number, number, number] {
  const [r0, [cos1, sin1]] = [radius(w0), cosineAndSine(w1)];
  const [r2, [cos3, sin3]] = [radius(w2), cosineAndSine(w3)];
  return [fround(r0 * cos1), fround(r0 * sin1), fround(r2 * cos3), fround(r2 * sin3)];
}

/** sqrt(-2 ln u) in float32. */
function radius(word: number): number {
  const [f, whole] = word < 2 ** 31 ? lowerHalf(word) : upperHalf(word);
  const s = fround(f / fround(2 + f));
  const z = fround(s * s);
  const p = horner(z, [-4, ...LOG]);
  return fround(Math.sqrt(fround(fround(s * p) + whole)));
}

/** u <= 1/2: word + 1 = m 2^(e + 32), m in [1/2, 1); [m - 1, -2 e ln 2]. Both terms of ln u have one sign: nothing cancels. */
function lowerHalf(word: number): [f: number, whole: number] {
  const bits = new Int32Array(new Float32Array([fround(fround(word) + 1)]).buffer)[0]!;
  const exponent = (bits >>> 23) - (126 + 32);
  const mantissa = new Float32Array(new Int32Array([(bits & 0x007fffff) | 0x3f000000]).buffer)[0]!;
  return [fround(mantissa - 1), fround(exponent * MINUS_TWO_LN_2)];
}

/** u > 1/2: [u - 1, 0], from 1 - u = ~word / 2^32, which keeps the bits that u would lose beside 1. */
function upperHalf(word: number): [f: number, whole: number] {
  return [fround(fround(~word >>> 0) * -(2 ** -32)), 0];
}

/** Of the angle word / 2^32 turns: from the nearest quarter turn, then swapped and signed by which quarter that is. */
function cosineAndSine(word: number): [number, number] {
  const quarter = ((word + EIGHTH_TURN) >>> 30) & 3;
  const y = fround(fround((word << 2) >> 2) * RADIANS_PER_UNIT);
  const z = fround(y * y);
  const sin = fround(y + fround(fround(y * z) * horner(z, SIN)));
  const cos = fround(1 + fround(z * horner(z, [-0.5, ...COS])));
  switch (quarter) {
    case 0:
      return [cos, sin];
    case 1:
      return [-sin, cos];
    case 2:
      return [-cos, -sin];
    default:
      return [sin, -cos];
  }
}

/** c[0] + z (c[1] + z (c[2] ...)), each product and sum rounded to float32. */
function horner(z: number, coefficients: readonly number[]): number {
  return coefficients.reduceRight((sum, coefficient) => fround(fround(z * sum) + coefficient));
}
