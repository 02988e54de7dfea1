// Half precision (IEEE 754 binary16) and bfloat16 to float32. Both conversions are exact. Input: the 16-bit patterns,
// little endian as they lie in files; output: a Float32Array. Halves go through a table of all 65,536 values, made once.

/** The float32 value of one half-precision bit pattern. */
export function halfToFloat32(bits: number): number {
  return halves()[bits & 0xffff] as number;
}

/** `source` holds 2 bytes per value; `target` (as many values) may be given to save an allocation. */
export function decodeHalves(source: Uint8Array, target: Float32Array = new Float32Array(source.byteLength >> 1)): Float32Array {
  const table = halves();
  for (let i = 0, at = 0; i < target.length; i++, at += 2) {
    target[i] = table[(source[at] as number) | ((source[at + 1] as number) << 8)] as number;
  }
  return target;
}

/** As `decodeHalves`: a bfloat16 is the upper half of a float32. */
export function decodeBfloats(source: Uint8Array, target: Float32Array = new Float32Array(source.byteLength >> 1)): Float32Array {
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  for (let i = 0, at = 0; i < bits.length; i++, at += 2) {
    bits[i] = ((source[at] as number) << 16) | ((source[at + 1] as number) << 24);
  }
  return target;
}

let table: Float32Array | undefined;

function halves(): Float32Array {
  if (table === undefined) {
    table = new Float32Array(65_536);
    for (let bits = 0; bits < 65_536; bits++) table[bits] = halfValue(bits);
  }
  return table;
}

/** Sign, 5 bits of exponent (bias 15), 10 bits of fraction; exponent 0 is subnormal, 31 infinite or no number. */
function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}
