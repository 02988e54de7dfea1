// Writes small GGUF files for tests: fields with their value types, float32 tensors.
export type Field = readonly [name: string, type: 'u32' | 'f32' | 'bool' | 'string' | 'strings' | 'i32s' | 'f32s', value: unknown];
export interface TestTensor {
  readonly name: string;
  /** As PyTorch counts. */
  readonly shape: readonly number[];
  readonly values: Float32Array;
  /** Blocks of another type in place of the values. */
  readonly encoded?: { readonly code: number; readonly bytes: Uint8Array };
}

export function writeGguf(fields: readonly Field[], tensors: readonly TestTensor[]): Buffer {
  const head = [u32(0x46554747), u32(3), u64(tensors.length), u64(fields.length)];
  for (const [name, type, value] of fields) head.push(text(name), ...encodeValue(type, value));
  let offset = 0;
  for (const { name, shape, values, encoded } of tensors) {
    head.push(text(name), u32(shape.length), ...shape.toReversed().map(u64), u32(encoded?.code ?? 0), u64(offset));
    offset += pad32((encoded?.bytes ?? values).byteLength);
  }
  const header = Buffer.concat(head);
  const data = tensors.map(({ values, encoded }) => {
    const bytes = encoded?.bytes ?? values;
    return padded(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  });
  return Buffer.concat([padded(header), ...data]);
}

function encodeValue(type: Field[1], value: unknown): Buffer[] {
  if (type === 'u32') return [u32(4), u32(value as number)];
  if (type === 'bool') return [u32(7), Buffer.from([value ? 1 : 0])];
  if (type === 'string') return [u32(8), text(value as string)];
  if (type === 'strings') return [u32(9), u32(8), u64((value as string[]).length), ...(value as string[]).map(text)];
  if (type === 'i32s') return [u32(9), u32(5), u64((value as number[]).length), ...(value as number[]).map(u32)];
  if (type === 'f32s') return [u32(9), u32(6), u64((value as number[]).length), ...(value as number[]).map(f32)];
  return [u32(6), f32(value as number)];
}

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.byteLength), bytes]);
}

function pad32(size: number): number {
  return Math.ceil(size / 32) * 32;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(pad32(bytes.byteLength) - bytes.byteLength)]);
}
