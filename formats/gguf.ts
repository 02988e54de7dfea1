// GGUF: metadata fields, tensor infos and the place of every tensor in the file. Input: a range reader; output: plain values.
// Strict: every count and length is held against the bytes that are left before anything is allocated, and every tensor
// against the file. Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little endian.
import { type BlockType, findBlockType } from './gguf-blocks.ts';
import * as limits from './limits.ts';
import type { RangeReader } from './range-reader.ts';
import { UserError } from './user-error.ts';

/** 64-bit integers beyond 2^53 stay bigints. */
export type GgufValue = number | bigint | boolean | string | readonly GgufValue[];

export interface GgufTensor {
  readonly name: string;
  readonly type: BlockType;
  /** As PyTorch counts: the last dimension fastest (the file has them reversed). */
  readonly shape: readonly number[];
  /** From the start of the file. */
  readonly offset: number;
  readonly sizeBytes: number;
}

export interface Gguf {
  readonly file: string;
  readonly fields: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

export async function readGguf(reader: RangeReader): Promise<Gguf> {
  // The header's length stands nowhere: parse a prefix, and a longer one where it ran out.
  for (let prefix = 1 << 20; ; prefix *= 4) {
    const length = Math.min(prefix, reader.sizeBytes, limits.MAX_GGUF_HEADER_BYTES);
    const bytes = await reader.read(0, length);
    try {
      return parseGguf(new Cursor(reader.name, bytes, reader.sizeBytes));
    } catch (error) {
      if (!(error instanceof PrefixTooShort)) throw error;
      if (length === reader.sizeBytes) throw new UserError(`${reader.name}: ends at byte ${length} inside ${error.message}: truncated?`);
      if (length === limits.MAX_GGUF_HEADER_BYTES) {
        throw new UserError(`${reader.name}: the header does not end within ${length} bytes, at ${error.message}`);
      }
    }
  }
}

class PrefixTooShort extends Error {}

/** Walks the header; `what` is the field under way, for errors. */
class Cursor {
  readonly file: string;
  readonly fileSize: number;
  what = 'the start';
  at = 0;
  readonly #bytes: Buffer;

  constructor(file: string, bytes: Uint8Array, fileSize: number) {
    this.file = file;
    this.fileSize = fileSize;
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  fail(problem: string): never {
    throw new UserError(`${this.file}: ${this.what}: ${problem}`);
  }

  /** Moves on by `length` and gives the place before; a number that would leave the file fails at once. */
  take(length: number): number {
    const at = this.at;
    if (at + length > this.fileSize) this.fail(`needs bytes ${at} to ${at + length}, the file has ${this.fileSize}: truncated?`);
    if (at + length > this.#bytes.byteLength) throw new PrefixTooShort(this.what);
    this.at += length;
    return at;
  }

  u8 = () => this.#bytes.readUInt8(this.take(1));
  i8 = () => this.#bytes.readInt8(this.take(1));
  u16 = () => this.#bytes.readUInt16LE(this.take(2));
  i16 = () => this.#bytes.readInt16LE(this.take(2));
  u32 = () => this.#bytes.readUInt32LE(this.take(4));
  i32 = () => this.#bytes.readInt32LE(this.take(4));
  f32 = () => this.#bytes.readFloatLE(this.take(4));
  f64 = () => this.#bytes.readDoubleLE(this.take(8));
  u64 = () => narrow(this.#bytes.readBigUInt64LE(this.take(8)));
  i64 = () => narrow(this.#bytes.readBigInt64LE(this.take(8)));

  bool(): boolean {
    const value = this.u8();
    return value > 1 ? this.fail(`a truth value must be 0 or 1, found ${value}`) : value === 1;
  }

  /** A u64 that counts something of at least `unitBytes` bytes each. */
  count(limit: number, unitBytes: number, noun: string): number {
    const value = Number(this.u64());
    if (value > limit) this.fail(`says ${value} ${noun}, at most ${limit} are allowed`);
    const left = this.fileSize - this.at;
    if (value * unitBytes > left) this.fail(`says ${value} ${noun}, the file has ${left} bytes left: truncated?`);
    return value;
  }

  string(): string {
    const length = this.count(limits.MAX_GGUF_STRING_BYTES, 1, 'bytes of text');
    const at = this.take(length);
    return this.#bytes.toString('utf8', at, at + length);
  }
}

const ARRAY = 9;
/** By the format's number of the value type: the least bytes of one, and how it is read. */
const scalars: Readonly<Record<number, { readonly bytes: number; read(cursor: Cursor): GgufValue }>> = {
  0: { bytes: 1, read: (c) => c.u8() },
  1: { bytes: 1, read: (c) => c.i8() },
  2: { bytes: 2, read: (c) => c.u16() },
  3: { bytes: 2, read: (c) => c.i16() },
  4: { bytes: 4, read: (c) => c.u32() },
  5: { bytes: 4, read: (c) => c.i32() },
  6: { bytes: 4, read: (c) => c.f32() },
  7: { bytes: 1, read: (c) => c.bool() },
  8: { bytes: 8, read: (c) => c.string() },
  10: { bytes: 8, read: (c) => c.u64() },
  11: { bytes: 8, read: (c) => c.i64() },
  12: { bytes: 8, read: (c) => c.f64() },
};

function parseGguf(cursor: Cursor): Gguf {
  const { fieldCount, tensorCount } = parsePreamble(cursor);
  const fields = new Map<string, GgufValue>();
  for (let i = 0; i < fieldCount; i++) {
    cursor.what = `the name of field ${i + 1} of ${fieldCount}`;
    const name = cursor.string();
    cursor.what = `field ${name}`;
    if (fields.has(name)) cursor.fail('stands there twice');
    fields.set(name, parseValue(cursor, cursor.u32(), 0));
  }
  const infos = Array.from({ length: tensorCount }, (_, i) => parseTensorInfo(cursor, i, tensorCount));
  return { file: cursor.file, fields, tensors: placeTensors(cursor, infos, alignmentOf(cursor, fields)) };
}

function parsePreamble(cursor: Cursor): { fieldCount: number; tensorCount: number } {
  cursor.what = 'magic';
  const magic = cursor.u32();
  if (magic !== 0x46554747) cursor.fail(`is 0x${magic.toString(16).padStart(8, '0')}, a GGUF file starts with "GGUF" (0x46554747)`);
  cursor.what = 'version';
  const version = cursor.u32();
  if (version !== 2 && version !== 3) cursor.fail(`is ${version}, versions 2 and 3 (little endian) are known`);
  cursor.what = 'tensor count';
  const tensorCount = cursor.count(limits.MAX_TENSORS, 24, 'tensors');
  cursor.what = 'field count';
  return { tensorCount, fieldCount: cursor.count(limits.MAX_GGUF_FIELDS, 13, 'fields') };
}

function parseValue(cursor: Cursor, type: number, depth: number): GgufValue {
  const scalar = scalars[type];
  if (scalar !== undefined) return scalar.read(cursor);
  if (type !== ARRAY) cursor.fail(`value type ${type} is unknown, expected 0 to 12`);
  if (depth >= limits.MAX_GGUF_ARRAY_DEPTH) cursor.fail(`arrays nest deeper than ${limits.MAX_GGUF_ARRAY_DEPTH}`);
  const inner = cursor.u32();
  const length = cursor.count(limits.MAX_GGUF_ARRAY_LENGTH, scalars[inner]?.bytes ?? 12, 'elements');
  const values: GgufValue[] = [];
  for (let i = 0; i < length; i++) values.push(parseValue(cursor, inner, depth + 1));
  return values;
}

type TensorInfo = Omit<GgufTensor, 'offset'> & { readonly dataOffset: number };

function parseTensorInfo(cursor: Cursor, index: number, count: number): TensorInfo {
  cursor.what = `the name of tensor ${index + 1} of ${count}`;
  const name = cursor.string();
  cursor.what = `tensor ${name}`;
  const dimensions = cursor.u32();
  if (dimensions > limits.MAX_GGUF_DIMENSIONS)
    cursor.fail(`has ${dimensions} dimensions, at most ${limits.MAX_GGUF_DIMENSIONS} are allowed`);
  const shape = Array.from({ length: dimensions }, () => Number(cursor.u64())).reverse();
  const code = cursor.u32();
  const type = findBlockType(code) ?? cursor.fail(`type ${code} cannot be decoded; convert the model to Q8_0, Q4_K or F16`);
  const values = shape.reduce((product, size) => product * size, 1);
  const row = shape.at(-1) ?? 1;
  if (row % type.values !== 0) cursor.fail(`rows of ${row} values are no multiple of a ${type.name} block of ${type.values}`);
  const sizeBytes = (values / type.values) * type.sizeBytes;
  if (sizeBytes > cursor.fileSize)
    cursor.fail(`[${shape.join(', ')}] ${type.name} takes ${sizeBytes} bytes, the file has ${cursor.fileSize}: truncated?`);
  return { name, type, shape, sizeBytes, dataOffset: Number(cursor.u64()) };
}

function alignmentOf(cursor: Cursor, fields: ReadonlyMap<string, GgufValue>): number {
  cursor.what = 'field general.alignment';
  const alignment = fields.get('general.alignment') ?? 32;
  const valid =
    typeof alignment === 'number' && alignment > 0 && alignment <= limits.MAX_GGUF_ALIGNMENT && Number.isInteger(Math.log2(alignment));
  return valid ? alignment : cursor.fail(`is ${String(alignment)}, expected a power of two up to ${limits.MAX_GGUF_ALIGNMENT}`);
}

/** Offsets count from the end of the header, rounded up; tensors neither overlap nor leave the file. */
function placeTensors(cursor: Cursor, infos: readonly TensorInfo[], alignment: number): Map<string, GgufTensor> {
  const start = Math.ceil(cursor.at / alignment) * alignment;
  const tensors = new Map<string, GgufTensor>();
  let end = start;
  let before = 'the header';
  for (const { dataOffset, ...info } of infos.toSorted((a, b) => a.dataOffset - b.dataOffset || a.sizeBytes - b.sizeBytes)) {
    cursor.what = `tensor ${info.name}`;
    const offset = start + dataOffset;
    if (dataOffset % alignment !== 0) cursor.fail(`offset ${dataOffset} is no multiple of the alignment ${alignment}`);
    if (offset + info.sizeBytes > cursor.fileSize) {
      cursor.fail(`needs bytes ${offset} to ${offset + info.sizeBytes}, the file has ${cursor.fileSize}: truncated?`);
    }
    if (offset < end) cursor.fail(`starts at byte ${offset}, ${before} ends at ${end}: they overlap`);
    if (tensors.has(info.name)) cursor.fail('stands there twice');
    tensors.set(info.name, { ...info, offset });
    end = offset + info.sizeBytes;
    before = info.name;
  }
  return tensors;
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
