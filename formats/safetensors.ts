// Safetensors: a little-endian u64 with the header's length, the header (JSON: name -> dtype, shape, data_offsets), then the
// tensors' bytes without gaps. Reading checks every number against the file before it is used; encoding is deterministic.
// Source: https://github.com/huggingface/safetensors#format and its validation (no overlaps, no holes, nothing behind).
import { z } from 'zod';
import { decodeBfloats, decodeHalves } from './float16.ts';
import { MAX_SAFETENSORS_HEADER_BYTES, MAX_TENSOR_DIMENSIONS, MAX_TENSORS } from './limits.ts';
import { openRangeReader, type RangeReader } from './range-reader.ts';
import { UserError } from './user-error.ts';

export const dtypeSizes = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;
export type Dtype = keyof typeof dtypeSizes;

/** Where a tensor lies. Row major, the last dimension fastest. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** From the start of the file. */
  readonly offset: number;
  readonly sizeBytes: number;
}

export interface SafetensorsHeader {
  readonly file: string;
  /** In the order in which they lie in the file. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the first tensor starts. */
  readonly dataOffset: number;
}

/** The header of a safetensors file, every entry checked against the file's size. */
export async function readSafetensorsHeader(reader: RangeReader): Promise<SafetensorsHeader> {
  const length = headerLength(reader.name, reader.sizeBytes, reader.sizeBytes < 8 ? new Uint8Array() : await reader.read(0, 8));
  return parseHeader(reader.name, await reader.read(8, length), reader.sizeBytes);
}

/** The header of the file at `path`; nothing stays open. */
export async function readSafetensorsFile(path: string): Promise<SafetensorsHeader> {
  const reader = await openRangeReader(path);
  try {
    return await readSafetensorsHeader(reader);
  } finally {
    await reader.close();
  }
}

export interface Tensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Little endian, row major. */
  readonly bytes: Uint8Array;
}

/** A whole file in memory: views of `bytes`, not copies. `name` is how errors call it. */
export function decodeSafetensors(
  bytes: Uint8Array,
  name = 'safetensors',
): { readonly tensors: ReadonlyMap<string, Tensor>; readonly metadata: Readonly<Record<string, string>> } {
  const length = headerLength(name, bytes.byteLength, bytes.subarray(0, 8));
  const header = parseHeader(name, bytes.subarray(8, 8 + length), bytes.byteLength);
  const tensors = new Map<string, Tensor>();
  for (const { name: tensor, dtype, shape, offset, sizeBytes } of header.tensors.values()) {
    tensors.set(tensor, { dtype, shape, bytes: bytes.subarray(offset, offset + sizeBytes) });
  }
  return { tensors, metadata: header.metadata };
}

/** A float32 copy of an F32, F16, BF16 or F64 tensor's values. */
export function tensorToFloat32(tensor: Pick<Tensor, 'dtype' | 'bytes'>, name = 'tensor'): Float32Array {
  // A copy in a buffer of its own: `slice` of a Buffer would be a view.
  const aligned = () => new Uint8Array(tensor.bytes).buffer;
  if (tensor.dtype === 'F32') return new Float32Array(aligned());
  if (tensor.dtype === 'F16') return decodeHalves(tensor.bytes);
  if (tensor.dtype === 'BF16') return decodeBfloats(tensor.bytes);
  if (tensor.dtype === 'F64') return Float32Array.from(new Float64Array(aligned()));
  throw new UserError(`${name}: has dtype ${tensor.dtype}, expected one of F32, F16, BF16, F64`);
}

/** A float32 tensor from its values. */
export function float32Tensor(values: Float32Array, shape: readonly number[]): Tensor {
  return { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

/** The bytes of a small file: tensors and metadata in the order of their names, so the same content gives the same bytes. */
export function encodeSafetensors(tensors: Readonly<Record<string, Tensor>>, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const names = Object.keys(tensors).sort();
  const header = encodeHeader(
    names.map((name) => ({ name, dtype: (tensors[name] as Tensor).dtype, shape: (tensors[name] as Tensor).shape })),
    metadata,
    8,
  );
  const total = names.reduce((sum, name) => sum + (tensors[name] as Tensor).bytes.byteLength, header.byteLength);
  const file = new Uint8Array(total);
  file.set(header);
  let at = header.byteLength;
  for (const name of names) {
    const { bytes, dtype, shape } = tensors[name] as Tensor;
    const expected = tensorSize(dtype, shape);
    if (bytes.byteLength !== expected)
      throw new Error(`tensor ${name}: ${dtype} ${format(shape)} takes ${expected} bytes, got ${bytes.byteLength}`);
    file.set(bytes, at);
    at += bytes.byteLength;
  }
  return file;
}

/** Length, JSON and trailing blanks such that the data starts at a multiple of `alignment`; tensors lie in the given order. */
export function encodeHeader(
  tensors: readonly Pick<TensorInfo, 'name' | 'dtype' | 'shape'>[],
  metadata: Readonly<Record<string, string>>,
  alignment: number,
): Uint8Array {
  const entries: [string, unknown][] = [];
  const sorted = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  if (sorted.length > 0) entries.push(['__metadata__', Object.fromEntries(sorted)]);
  let at = 0;
  for (const { name, dtype, shape } of tensors) {
    const end = at + tensorSize(dtype, shape);
    entries.push([name, { dtype, shape, data_offsets: [at, end] }]);
    at = end;
  }
  // Object.fromEntries would move names that look like array indices to the front.
  const json = new TextEncoder().encode(
    `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`,
  );
  const length = Math.ceil((8 + json.byteLength) / alignment) * alignment - 8;
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, 8);
  return header;
}

export function tensorSize(dtype: Dtype, shape: readonly number[]): number {
  return shape.reduce((size, dimension) => size * dimension, dtypeSizes[dtype]);
}

function headerLength(file: string, sizeBytes: number, first: Uint8Array): number {
  if (sizeBytes < 8)
    throw new UserError(`${file}: has ${sizeBytes} bytes, a safetensors file starts with 8 bytes of header length: truncated?`);
  const length = Number(new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true));
  if (length > sizeBytes - 8) {
    throw new UserError(`${file}: header length says ${length} bytes, ${sizeBytes - 8} follow: truncated, or not a safetensors file`);
  }
  if (length > MAX_SAFETENSORS_HEADER_BYTES) {
    throw new UserError(`${file}: header length says ${length} bytes, at most ${MAX_SAFETENSORS_HEADER_BYTES} are allowed`);
  }
  return length;
}

const size = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const entrySchema = z.object({
  dtype: z.enum(Object.keys(dtypeSizes) as [Dtype, ...Dtype[]]),
  shape: z.array(size).max(MAX_TENSOR_DIMENSIONS),
  data_offsets: z.tuple([size, size]),
});

function parseHeader(file: string, bytes: Uint8Array, fileSize: number): SafetensorsHeader {
  const json = parseJson(file, bytes);
  const names = Object.keys(json).filter((name) => name !== '__metadata__');
  if (names.length > MAX_TENSORS)
    throw new UserError(`${file}: the header names ${names.length} tensors, at most ${MAX_TENSORS} are allowed`);
  const dataOffset = 8 + bytes.byteLength;
  const tensors = names
    .map((name) => parseEntry(file, name, json[name], dataOffset, fileSize))
    .sort((a, b) => a.offset - b.offset || a.sizeBytes - b.sizeBytes);
  checkCoverage(file, tensors, dataOffset, fileSize);
  return {
    file,
    tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
    metadata: parseMetadata(file, json.__metadata__),
    dataOffset,
  };
}

function parseJson(file: string, bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (cause) {
    throw new UserError(`${file}: the header (bytes 8 to ${8 + bytes.byteLength}) is not JSON: ${(cause as Error).message}`, { cause });
  }
  throw new UserError(`${file}: the header is not a JSON object`);
}

function parseMetadata(file: string, value: unknown): Record<string, string> {
  const parsed = z.record(z.string(), z.string()).safeParse(value ?? {});
  if (!parsed.success) throw new UserError(`${file}: __metadata__ must map names to texts`);
  return parsed.data;
}

function parseEntry(file: string, name: string, value: unknown, dataOffset: number, fileSize: number): TensorInfo {
  const parsed = entrySchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UserError(`${file}: tensor ${name}: ${issue?.path.join('.') || 'entry'}: ${issue?.message}`);
  }
  const { dtype, shape } = parsed.data;
  const [start, end] = parsed.data.data_offsets;
  if (end < start) throw new UserError(`${file}: tensor ${name}: data_offsets end at ${end} before they start at ${start}`);
  if (end > fileSize - dataOffset) {
    throw new UserError(
      `${file}: tensor ${name}: data_offsets end at ${end}, the file has ${fileSize - dataOffset} bytes of data: truncated?`,
    );
  }
  const expected = tensorSize(dtype, shape);
  if (end - start !== expected) {
    throw new UserError(`${file}: tensor ${name}: data_offsets hold ${end - start} bytes, ${dtype} ${format(shape)} takes ${expected}`);
  }
  return { name, dtype, shape, offset: dataOffset + start, sizeBytes: end - start };
}

/** `tensors` sorted by offset: each starts where the one before ends, the last ends with the file. */
function checkCoverage(file: string, tensors: readonly TensorInfo[], dataOffset: number, fileSize: number): void {
  let at = dataOffset;
  let before = 'the header';
  for (const { name, offset, sizeBytes } of tensors) {
    if (offset !== at) {
      const fault = offset < at ? 'overlap' : 'leave a gap';
      throw new UserError(
        `${file}: tensor ${name}: data_offsets start at ${offset - dataOffset}, ${before} ends at ${at - dataOffset}: they ${fault}`,
      );
    }
    at += sizeBytes;
    before = name;
  }
  if (at !== fileSize) throw new UserError(`${file}: data ends at byte ${at} with tensor ${before}, the file has ${fileSize} bytes`);
}

function format(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
