// Randomness from coordinates: where a number is used (seed, prompt, draw, site ...) decides what it is, never when, in
// which batch or on which machine. Coordinates become a Philox key and half of its counter through SHA-256 over a
// versioned, length-prefixed encoding (below); the other half of the counter is the place inside the stream.
import { createHash } from 'node:crypto';
import { philox4x32 } from './philox.ts';

/** Names the layout: another encoding, or another meaning of a field, gets another version and with it other numbers. */
const NOISE_DOMAIN = 'tstar-noise-v1';
const SAMPLE_DOMAIN = 'tstar-sample-v1';

/** One random sequence: 2^64 blocks of four 32-bit words. All fields are unsigned 32-bit. */
export interface Stream {
  readonly key0: number;
  readonly key1: number;
  /** Counter words 2 and 3; words 0 (low) and 1 (high) are the block's index. */
  readonly counter2: number;
  readonly counter3: number;
}

export interface NoiseCoordinates {
  readonly seed: number;
  /** Row in the dataset split. */
  readonly prompt: number;
  readonly draw: number;
  /** For instance `layers.3.mlp.down_proj.input`. */
  readonly site: string;
  /** Given only where scales do not share their noise (`noise: independent`). */
  readonly scale?: number;
}

export interface SampleCoordinates {
  readonly seed: number;
  /** Row in the dataset split. */
  readonly prompt: number;
  readonly replicate: number;
}

/** A named coordinate; `real` is told apart from `integer`, so 1 as a scale is not 1 as a draw. */
export type Field = { readonly name: string } & ({ readonly integer: number } | { readonly real: number } | { readonly text: string });

/**
 * The normals of one site: the i-th (i = position * width + channel) is lane i % 4 of block floor(i / 4). seed, prompt and
 * draw are safe integers, else a RangeError; scale is any float64.
 */
export function noiseStream({ seed, prompt, draw, site, scale }: NoiseCoordinates): Stream {
  const shared: Field[] = [
    { name: 'seed', integer: seed },
    { name: 'prompt', integer: prompt },
    { name: 'draw', integer: draw },
    { name: 'site', text: site },
  ];
  return streamOf(NOISE_DOMAIN, scale === undefined ? shared : [...shared, { name: 'scale', real: scale }]);
}

/** The uniforms behind one generated sequence, one per step (`uniformAt`); temperature is no coordinate, which pairs the temperatures. */
export function sampleStream({ seed, prompt, replicate }: SampleCoordinates): Stream {
  return streamOf(SAMPLE_DOMAIN, [
    { name: 'seed', integer: seed },
    { name: 'prompt', integer: prompt },
    { name: 'replicate', integer: replicate },
  ]);
}

/**
 * The uniform of a step: ((word >>> 9) + 0.5) * 2^-23 with word the first of block `step`. Strictly inside (0, 1), a
 * multiple of 2^-24 and so exact in float32. `step` is an integer from 0 to 2^53 - 1, else a RangeError.
 */
export function uniformAt(stream: Stream, step: number): number {
  return ((blockAt(stream, step)[0] >>> 9) + 0.5) * 2 ** -23;
}

/** The four words of a block of the stream. `block` is an integer from 0 to 2^53 - 1, else a RangeError. */
export function blockAt({ key0, key1, counter2, counter3 }: Stream, block: number): readonly [number, number, number, number] {
  if (!Number.isSafeInteger(block) || block < 0) throw new RangeError(`A stream's block is an integer from 0 to 2^53 - 1, not ${block}`);
  return philox4x32([block >>> 0, Math.floor(block / 2 ** 32), counter2, counter3], [key0, key1]);
}

/**
 * SHA-256 over the domain and the fields in the order given: the first 64 bits are the key, the next 64 counter words 2
 * and 3, as little-endian words. Encoding: the domain, then per field its name, a kind (`i`, `f`, `t`) and its value, each
 * part after its length in bytes (uint32); integers as int64, reals as float64, text as UTF-8; all little-endian.
 */
export function streamOf(domain: string, fields: readonly Field[]): Stream {
  const hash = createHash('sha256');
  const put = (part: Uint8Array) => hash.update(uint32(part.length)).update(part);
  put(Buffer.from(domain, 'utf8'));
  for (const field of fields) {
    put(Buffer.from(field.name, 'utf8'));
    const [kind, value] = encodeValue(field);
    put(Buffer.from(kind, 'utf8'));
    put(value);
  }
  const digest = hash.digest();
  return {
    key0: digest.readUInt32LE(0),
    key1: digest.readUInt32LE(4),
    counter2: digest.readUInt32LE(8),
    counter3: digest.readUInt32LE(12),
  };
}

function encodeValue(field: Field): [kind: string, value: Uint8Array] {
  const bytes = Buffer.alloc(8);
  if ('text' in field) return ['t', Buffer.from(field.text, 'utf8')];
  if ('real' in field) {
    bytes.writeDoubleLE(field.real);
    return ['f', bytes];
  }
  if (!Number.isSafeInteger(field.integer)) {
    throw new RangeError(`The coordinate ${field.name} must be an integer within 2^53, not ${field.integer}`);
  }
  bytes.writeBigInt64LE(BigInt(field.integer));
  return ['i', bytes];
}

function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
