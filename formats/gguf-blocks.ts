// The block formats of ggml: bytes of whole blocks to float32, each product and sum rounded to float32 as ggml's reference
// and gguf-py do it, so that the values agree to the bit. Input: a type and its bytes; output: a Float32Array.
// Sources: ggml-quants.c (dequantize_row_*), gguf-py quants.py. A block holds 32 or 256 values and its own scales.
import { decodeBfloats, decodeHalves, halfToFloat32 } from './float16.ts';

export interface BlockType {
  readonly name: string;
  /** ggml's number of the type, as it stands in files. */
  readonly code: number;
  /** Values of one block. */
  readonly values: number;
  readonly sizeBytes: number;
  /** Decodes whole blocks; `target` holds as many values as `source` encodes. */
  decode(source: Uint8Array, target: Float32Array): void;
}

const round = Math.fround;

/** Decodes block by block: `read` gets the block's first byte and its first value. */
function blocks(
  name: string,
  code: number,
  values: number,
  sizeBytes: number,
  read: (source: Uint8Array, at: number, target: Float32Array, to: number) => void,
): BlockType {
  return {
    name,
    code,
    values,
    sizeBytes,
    decode(source, target) {
      for (let at = 0, to = 0; at < source.byteLength; at += sizeBytes, to += values) read(source, at, target, to);
    },
  };
}

export const blockTypes: readonly BlockType[] = [
  {
    name: 'F32',
    code: 0,
    values: 1,
    sizeBytes: 4,
    decode: (source, target) => target.set(new Float32Array(new Uint8Array(source).buffer)),
  },
  { name: 'F16', code: 1, values: 1, sizeBytes: 2, decode: (source, target) => void decodeHalves(source, target) },
  { name: 'BF16', code: 30, values: 1, sizeBytes: 2, decode: (source, target) => void decodeBfloats(source, target) },
  blocks('Q4_0', 2, 32, 18, (s, at, out, to) => {
    const d = half(s, at);
    for (let i = 0; i < 16; i++) {
      const byte = s[at + 2 + i] as number;
      out[to + i] = d * ((byte & 15) - 8);
      out[to + 16 + i] = d * ((byte >> 4) - 8);
    }
  }),
  blocks('Q4_1', 3, 32, 20, (s, at, out, to) => {
    const d = half(s, at);
    const m = half(s, at + 2);
    for (let i = 0; i < 16; i++) {
      const byte = s[at + 4 + i] as number;
      out[to + i] = round(d * (byte & 15)) + m;
      out[to + 16 + i] = round(d * (byte >> 4)) + m;
    }
  }),
  blocks('Q5_0', 6, 32, 22, (s, at, out, to) => {
    const d = half(s, at);
    const high = word(s, at + 2);
    for (let i = 0; i < 16; i++) {
      const byte = s[at + 6 + i] as number;
      out[to + i] = d * (((byte & 15) | (((high >>> i) & 1) << 4)) - 16);
      out[to + 16 + i] = d * (((byte >> 4) | (((high >>> (i + 16)) & 1) << 4)) - 16);
    }
  }),
  blocks('Q5_1', 7, 32, 24, (s, at, out, to) => {
    const d = half(s, at);
    const m = half(s, at + 2);
    const high = word(s, at + 4);
    for (let i = 0; i < 16; i++) {
      const byte = s[at + 8 + i] as number;
      out[to + i] = round(d * ((byte & 15) | (((high >>> i) & 1) << 4))) + m;
      out[to + 16 + i] = round(d * ((byte >> 4) | (((high >>> (i + 16)) & 1) << 4))) + m;
    }
  }),
  blocks('Q8_0', 8, 32, 34, (s, at, out, to) => {
    const d = half(s, at);
    for (let i = 0; i < 32; i++) out[to + i] = d * signed(s, at + 2 + i);
  }),
  blocks('Q2_K', 10, 256, 84, (s, at, out, to) => {
    const d = half(s, at + 80);
    const dmin = half(s, at + 82);
    for (let i = 0; i < 256; i++) {
      const scale = s[at + (i >> 4)] as number;
      // 128 values share 32 bytes: two bits each, in the order of the shifts.
      const q = ((s[at + 16 + (i >> 7) * 32 + (i & 31)] as number) >> (((i >> 5) & 3) * 2)) & 3;
      out[to + i] = round(round(d * (scale & 15)) * q) - round(dmin * (scale >> 4));
    }
  }),
  blocks('Q3_K', 11, 256, 110, (s, at, out, to) => {
    const d = half(s, at + 108);
    for (let i = 0; i < 256; i++) {
      const low = ((s[at + 32 + (i >> 7) * 32 + (i & 31)] as number) >> (((i >> 5) & 3) * 2)) & 3;
      const high = ((s[at + (i & 31)] as number) >> (i >> 5)) & 1;
      // A set high bit means no offset.
      out[to + i] = round(d * q3Scale(s, at + 96, i >> 4)) * (low - (high ? 0 : 4));
    }
  }),
  blocks('Q4_K', 12, 256, 144, (s, at, out, to) => {
    const d = half(s, at);
    const dmin = half(s, at + 2);
    for (let group = 0; group < 8; group++) {
      const scale = round(d * kScale(s, at + 4, group));
      const min = round(dmin * kMin(s, at + 4, group));
      const from = at + 16 + (group >> 1) * 32;
      const shift = (group & 1) * 4;
      for (let i = 0; i < 32; i++) out[to + group * 32 + i] = round(scale * (((s[from + i] as number) >> shift) & 15)) - min;
    }
  }),
  blocks('Q5_K', 13, 256, 176, (s, at, out, to) => {
    const d = half(s, at);
    const dmin = half(s, at + 2);
    for (let group = 0; group < 8; group++) {
      const scale = round(d * kScale(s, at + 4, group));
      const min = round(dmin * kMin(s, at + 4, group));
      const from = at + 48 + (group >> 1) * 32;
      const shift = (group & 1) * 4;
      for (let i = 0; i < 32; i++) {
        const high = ((s[at + 16 + i] as number) >> group) & 1;
        out[to + group * 32 + i] = round(scale * ((((s[from + i] as number) >> shift) & 15) | (high << 4))) - min;
      }
    }
  }),
  blocks('Q6_K', 14, 256, 210, (s, at, out, to) => {
    const d = half(s, at + 208);
    for (let i = 0; i < 256; i++) {
      const low = ((s[at + (i >> 7) * 64 + (i & 63)] as number) >> (((i >> 6) & 1) * 4)) & 15;
      const high = ((s[at + 128 + (i >> 7) * 32 + (i & 31)] as number) >> (((i >> 5) & 3) * 2)) & 3;
      out[to + i] = round(d * signed(s, at + 192 + (i >> 4))) * ((low | (high << 4)) - 32);
    }
  }),
  blocks('IQ4_NL', 20, 32, 18, (s, at, out, to) => {
    const d = half(s, at);
    for (let i = 0; i < 16; i++) {
      const byte = s[at + 2 + i] as number;
      out[to + i] = d * (nonLinear[byte & 15] as number);
      out[to + 16 + i] = d * (nonLinear[byte >> 4] as number);
    }
  }),
  blocks('IQ4_XS', 23, 256, 136, (s, at, out, to) => {
    const d = half(s, at);
    const high = (s[at + 2] as number) | ((s[at + 3] as number) << 8);
    for (let group = 0; group < 8; group++) {
      const low = ((s[at + 4 + (group >> 1)] as number) >> ((group & 1) * 4)) & 15;
      const scale = round(d * ((low | (((high >> (2 * group)) & 3) << 4)) - 32));
      for (let i = 0; i < 16; i++) {
        const byte = s[at + 8 + group * 16 + i] as number;
        out[to + group * 32 + i] = scale * (nonLinear[byte & 15] as number);
        out[to + group * 32 + 16 + i] = scale * (nonLinear[byte >> 4] as number);
      }
    }
  }),
];

/** The block type with ggml's code, where it can be decoded. */
export function findBlockType(code: number): BlockType | undefined {
  return blockTypes.find((type) => type.code === code);
}

/** The 16 levels of IQ4_NL and IQ4_XS. */
const nonLinear = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

function half(source: Uint8Array, at: number): number {
  return halfToFloat32((source[at] as number) | ((source[at + 1] as number) << 8));
}

function word(source: Uint8Array, at: number): number {
  return (
    (source[at] as number) | ((source[at + 1] as number) << 8) | ((source[at + 2] as number) << 16) | ((source[at + 3] as number) << 24)
  );
}

function signed(source: Uint8Array, at: number): number {
  return ((source[at] as number) << 24) >> 24;
}

/** Q3_K: 16 scales of 6 bits less 32; the low 4 bits in 8 bytes, the high 2 bits in 4 more. */
function q3Scale(source: Uint8Array, at: number, index: number): number {
  const low = ((source[at + (index & 7)] as number) >> ((index >> 3) * 4)) & 15;
  const high = ((source[at + 8 + (index & 3)] as number) >> ((index >> 2) * 2)) & 3;
  return (low | (high << 4)) - 32;
}

/** Q4_K, Q5_K: 8 scales and 8 minima of 6 bits in 12 bytes. */
function kScale(source: Uint8Array, at: number, group: number): number {
  if (group < 4) return (source[at + group] as number) & 63;
  return ((source[at + 4 + group] as number) & 15) | (((source[at + group - 4] as number) >> 2) & 0x30);
}

function kMin(source: Uint8Array, at: number, group: number): number {
  if (group < 4) return (source[at + 4 + group] as number) & 63;
  return ((source[at + 4 + group] as number) >> 4) | (((source[at + group] as number) >> 2) & 0x30);
}
