// The noise kernel in AssemblyScript: Philox4x32-10 (Salmon et al. 2011) over four counters at a time, then Box-Muller in
// float32. Every operation is a single correctly rounded one (WebAssembly has no other), log, sin and cos are the
// polynomials below, so the bits are the same on every machine; numerics/normal.ts is the same in slow and plain.

const M0: i32 = 0xd2511f53;
const M1: i32 = 0xcd9e8d57;
const W0: i32 = 0x9e3779b9;
const W1: i32 = 0xbb67ae85;

// Minimax coefficients, rounded to float32: -2 ln(1 + f) = s (-4 + z (LOG0 + ...)) with s = f / (2 + f), z = s^2 <= 1/9
// (relative error 5e-9); sin y = y + y z (SIN0 + ...), cos y = 1 - z/2 + z^2 (COS0 + ...) with z = y^2, |y| <= pi/4 (6e-9).
const LOG0: f32 = -1.3333282470703125;
const LOG1: f32 = -0.8004339933395386;
const LOG2: f32 = -0.5599827766418457;
const LOG3: f32 = -0.560489296913147;
const SIN0: f32 = -0.16666655242443085;
const SIN1: f32 = 0.008332177996635437;
const SIN2: f32 = -0.00019517297914717346;
const COS0: f32 = 0.04166664555668831;
const COS1: f32 = -0.001388736767694354;
const COS2: f32 = 0.00002443845005473122;
const MINUS_TWO_LN2: f32 = -1.3862943649291992;
/** 2 pi / 2^32 */
const RADIANS_PER_UNIT: f32 = 1.462918119976564e-9;

/** Where normals are written: below it nothing, above it at least 16 * groups floats. */
export const buffer: i32 = 1024;

/**
 * Writes 16 * groups normals at `buffer`: those of the blocks block, block + 1, ... (block = blockHigh * 2^32 + blockLow),
 * four per block. Counter words: 0 and 1 the block, 2 and 3 the stream's.
 */
export function fillGroups(key0: i32, key1: i32, counter2: i32, counter3: i32, blockLow: u32, blockHigh: u32, groups: i32): void {
  let at: usize = buffer;
  let block: u64 = ((blockHigh as u64) << 32) | (blockLow as u64);
  for (let group = 0; group < groups; group++) {
    const low = i32x4.splat(block as i32);
    let c0 = i32x4.add(low, i32x4(0, 1, 2, 3));
    // A lane that wrapped around is below where it started; the comparison's -1 is the carry.
    let c1 = i32x4.sub(i32x4.splat((block >> 32) as i32), i32x4.lt_u(c0, low));
    let c2 = i32x4.splat(counter2);
    let c3 = i32x4.splat(counter3);
    let k0 = key0;
    let k1 = key1;
    for (let round = 0; round < 10; round++) {
      const a = i64x2.extmul_low_i32x4_u(c0, i32x4.splat(M0));
      const b = i64x2.extmul_high_i32x4_u(c0, i32x4.splat(M0));
      const c = i64x2.extmul_low_i32x4_u(c2, i32x4.splat(M1));
      const d = i64x2.extmul_high_i32x4_u(c2, i32x4.splat(M1));
      c0 = v128.xor(v128.xor(v128.shuffle<i32>(c, d, 1, 3, 5, 7), c1), i32x4.splat(k0));
      c2 = v128.xor(v128.xor(v128.shuffle<i32>(a, b, 1, 3, 5, 7), c3), i32x4.splat(k1));
      c1 = v128.shuffle<i32>(c, d, 0, 2, 4, 6);
      c3 = v128.shuffle<i32>(a, b, 0, 2, 4, 6);
      k0 += W0;
      k1 += W1;
    }
    const r0 = radius(c0);
    const r1 = radius(c2);
    const n0 = f32x4.mul(r0, cosine(c1));
    const n1 = f32x4.mul(r0, sine(c1));
    const n2 = f32x4.mul(r1, cosine(c3));
    const n3 = f32x4.mul(r1, sine(c3));
    // Lanes are blocks; memory has the four normals of a block side by side.
    const p = v128.shuffle<i32>(n0, n1, 0, 4, 1, 5);
    const q = v128.shuffle<i32>(n2, n3, 0, 4, 1, 5);
    const u = v128.shuffle<i32>(n0, n1, 2, 6, 3, 7);
    const v = v128.shuffle<i32>(n2, n3, 2, 6, 3, 7);
    v128.store(at, v128.shuffle<i64>(p, q, 0, 2));
    v128.store(at, v128.shuffle<i64>(p, q, 1, 3), 16);
    v128.store(at, v128.shuffle<i64>(u, v, 0, 2), 32);
    v128.store(at, v128.shuffle<i64>(u, v, 1, 3), 48);
    at += 64;
    block += 4;
  }
}

/** sqrt(-2 ln u), u = (word + 1) / 2^32 in (0, 1]. */
// @ts-ignore: decorator
@inline
function radius(word: v128): v128 {
  // -1 where u > 1/2. There 1 - u = ~word / 2^32 is what is converted: it keeps the bits that u would lose beside 1.
  const upper = i32x4.shr_s(word, 31);
  const count = f32x4.convert_i32x4_s(v128.xor(word, upper));
  // u <= 1/2: word + 1 = m * 2^(e + 32), m in [1/2, 1).
  const bits = f32x4.add(count, f32x4.splat(1));
  const exponent = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_u(bits, 23), i32x4.splat(126 + 32)));
  const mantissa = v128.or(v128.and(bits, i32x4.splat(0x007fffff)), i32x4.splat(0x3f000000));
  // ln u = e ln 2 + ln(1 + f), f in [-1/2, 0]; both terms have one sign, so nothing cancels.
  const f = v128.bitselect(f32x4.mul(count, f32x4.splat(-2.3283064365386963e-10)), f32x4.sub(mantissa, f32x4.splat(1)), upper);
  const s = f32x4.div(f, f32x4.add(f32x4.splat(2), f));
  const z = f32x4.mul(s, s);
  let p = f32x4.add(f32x4.mul(z, f32x4.splat(LOG3)), f32x4.splat(LOG2));
  p = f32x4.add(f32x4.mul(z, p), f32x4.splat(LOG1));
  p = f32x4.add(f32x4.mul(z, p), f32x4.splat(LOG0));
  p = f32x4.add(f32x4.mul(z, p), f32x4.splat(-4));
  const whole = v128.andnot(f32x4.mul(exponent, f32x4.splat(MINUS_TWO_LN2)), upper);
  return f32x4.sqrt(f32x4.add(f32x4.mul(s, p), whole));
}

/** Angles are whole words: 2^32 a turn. The nearest quarter turn is the top two bits of word + 2^29. */
// @ts-ignore: decorator
@inline
function cosine(word: v128): v128 {
  const quarter = i32x4.add(word, i32x4.splat(0x20000000));
  const odd = i32x4.shr_s(i32x4.shl(quarter, 1), 31);
  const y = fromQuarter(word);
  const z = f32x4.mul(y, y);
  const sign = v128.and(i32x4.add(quarter, i32x4.splat(0x40000000)), i32x4.splat(0x80000000));
  return v128.xor(v128.bitselect(sinePolynomial(y, z), cosinePolynomial(z), odd), sign);
}

// @ts-ignore: decorator
@inline
function sine(word: v128): v128 {
  const quarter = i32x4.add(word, i32x4.splat(0x20000000));
  const odd = i32x4.shr_s(i32x4.shl(quarter, 1), 31);
  const y = fromQuarter(word);
  const z = f32x4.mul(y, y);
  return v128.xor(v128.bitselect(cosinePolynomial(z), sinePolynomial(y, z), odd), v128.and(quarter, i32x4.splat(0x80000000)));
}

/** The signed angle from the nearest quarter turn, in radians, within pi/4. */
// @ts-ignore: decorator
@inline
function fromQuarter(word: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_s(i32x4.shl(word, 2), 2)), f32x4.splat(RADIANS_PER_UNIT));
}

// @ts-ignore: decorator
@inline
function sinePolynomial(y: v128, z: v128): v128 {
  let p = f32x4.add(f32x4.mul(z, f32x4.splat(SIN2)), f32x4.splat(SIN1));
  p = f32x4.add(f32x4.mul(z, p), f32x4.splat(SIN0));
  return f32x4.add(y, f32x4.mul(f32x4.mul(y, z), p));
}

// @ts-ignore: decorator
@inline
function cosinePolynomial(z: v128): v128 {
  let p = f32x4.add(f32x4.mul(z, f32x4.splat(COS2)), f32x4.splat(COS1));
  p = f32x4.add(f32x4.mul(z, p), f32x4.splat(COS0));
  p = f32x4.add(f32x4.mul(z, p), f32x4.splat(-0.5));
  return f32x4.add(f32x4.mul(z, p), f32x4.splat(1));
}
