import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readerOfBytes } from '../../formats/range-reader.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
  float32Tensor,
  readSafetensorsFile,
  readSafetensorsHeader,
  tensorToFloat32,
} from '../../formats/safetensors.ts';
import { createSafetensorsWriter } from '../../formats/safetensors-writer.ts';
import { UserError } from '../../formats/user-error.ts';

const folder = mkdtempSync(join(tmpdir(), 'tstar-safetensors-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('encodeSafetensors', () => {
  it('gives the same bytes whatever the order of names', () => {
    const a = float32Tensor(new Float32Array([1, 2, 3]), [3]);
    const b = float32Tensor(new Float32Array([4]), []);
    const one = encodeSafetensors({ b, a }, { y: '2', x: '1' });
    expect(one).toEqual(encodeSafetensors({ a, b }, { x: '1', y: '2' }));
    const { tensors, metadata } = decodeSafetensors(one);
    expect([...tensors.keys()]).toEqual(['a', 'b']);
    expect(tensorToFloat32(tensors.get('a')!)).toEqual(new Float32Array([1, 2, 3]));
    expect(metadata).toEqual({ x: '1', y: '2' });
  });

  it('widens tensors of a Buffer, whose slices are views', () => {
    const file = Buffer.from(
      encodeSafetensors({ a: float32Tensor(new Float32Array([1, 2]), [2]), b: float32Tensor(new Float32Array([3]), [1]) }),
    );
    expect(tensorToFloat32(decodeSafetensors(file).tensors.get('b')!)).toEqual(new Float32Array([3]));
  });

  it('keeps a name that looks like an index in its place', () => {
    const file = encodeSafetensors({ a: float32Tensor(new Float32Array(1), [1]), 10: float32Tensor(new Float32Array(2), [2]) });
    expect([...decodeSafetensors(file).tensors.values()].map((tensor) => tensor.shape)).toEqual([[2], [1]]);
  });

  it('widens F16 and BF16 exactly', () => {
    const halves = { dtype: 'F16', bytes: new Uint8Array(new Uint16Array([0x3c00, 0xc000, 0x0001, 0x7c00, 0x8000]).buffer) } as const;
    expect(tensorToFloat32(halves)).toEqual(new Float32Array([1, -2, 2 ** -24, Number.POSITIVE_INFINITY, -0]));
    const bfloats = { dtype: 'BF16', bytes: new Uint8Array(new Uint16Array([0x3f80, 0xc000, 0x7f80]).buffer) } as const;
    expect(tensorToFloat32(bfloats)).toEqual(new Float32Array([1, -2, Number.POSITIVE_INFINITY]));
  });
});

describe('createSafetensorsWriter', () => {
  it('aligns the data and every page-sized tensor to 4096 bytes and puts odd sizes last', async () => {
    const path = join(folder, 'big.safetensors');
    const tensors = [
      { name: 'norm', dtype: 'F32', shape: [16] },
      { name: 'odd', dtype: 'U8', shape: [3] },
      { name: 'matrix', dtype: 'F32', shape: [32, 64] },
    ] as const;
    const writer = await createSafetensorsWriter(path, tensors, { format: 'pt' });
    expect(writer.order).toEqual(['matrix', 'norm', 'odd']);
    await writer.append(new Uint8Array(8192).fill(1));
    await writer.append(new Uint8Array(64).fill(2));
    await writer.append(new Uint8Array(3).fill(3));
    await writer.finish();
    const header = await readSafetensorsFile(path);
    expect(header.dataOffset % 4096).toBe(0);
    expect(header.tensors.get('matrix')?.offset).toBe(header.dataOffset);
    expect(decodeSafetensors(readFileSync(path)).tensors.get('odd')?.bytes).toEqual(Buffer.from([3, 3, 3]));
  });

  it('refuses to finish short', async () => {
    const writer = await createSafetensorsWriter(join(folder, 'short.safetensors'), [{ name: 'a', dtype: 'F32', shape: [2] }]);
    await expect(writer.finish()).rejects.toThrow(/declared/);
    await writer.abandon();
  });
});

function fileOf(header: unknown, dataBytes: number): Uint8Array {
  const json = typeof header === 'string' ? header : JSON.stringify(header);
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(new TextEncoder().encode(json), 8);
  return bytes;
}

describe('a bad safetensors file is one line that names file, field and both numbers', () => {
  const entry = (over: object) => ({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...over } });
  const cases: [string, Uint8Array, RegExp][] = [
    ['empty', new Uint8Array(0), /f: has 0 bytes.* 8 bytes/],
    [
      'a header longer than the file',
      fileOf('{}', 0).map((byte, i) => (i === 4 ? 1 : byte)),
      /f: header length says 4294967298 bytes, 2 follow/,
    ],
    ['no JSON', fileOf('{"a"', 0), /f: the header .* is not JSON/],
    ['a list', fileOf('[]', 0), /f: the header is not a JSON object/],
    ['an unknown dtype', fileOf(entry({ dtype: 'F7' }), 8), /f: tensor a: dtype/],
    ['a negative size', fileOf(entry({ shape: [-2] }), 8), /f: tensor a: shape/],
    ['truncated data', fileOf(entry({}), 7), /f: tensor a: data_offsets end at 8, the file has 7 bytes of data/],
    ['offsets reversed', fileOf(entry({ data_offsets: [8, 0] }), 8), /tensor a: data_offsets end at 0 before they start at 8/],
    ['a shape that does not fit', fileOf(entry({ shape: [3] }), 8), /tensor a: data_offsets hold 8 bytes, F32 \[3\] takes 12/],
    [
      'an overlap',
      fileOf({ ...entry({}), b: { dtype: 'F32', shape: [2], data_offsets: [4, 12] } }, 12),
      /tensor b: .* start at 4, a ends at 8: they overlap/,
    ],
    ['a gap', fileOf(entry({ data_offsets: [4, 12] }), 12), /tensor a: .* start at 4, the header ends at 0: they leave a gap/],
    ['bytes behind the last tensor', fileOf(entry({}), 9), /data ends at byte 70 with tensor a, the file has 71/],
  ];
  for (const [what, bytes, message] of cases) {
    it(what, async () => {
      await expect(readSafetensorsHeader(readerOfBytes('f', bytes))).rejects.toThrow(message);
      await expect(readSafetensorsHeader(readerOfBytes('f', bytes))).rejects.toBeInstanceOf(UserError);
      expect(() => decodeSafetensors(bytes, 'f')).toThrow(message);
    });
  }

  it('a missing file names it', async () => {
    await expect(readSafetensorsFile(join(folder, 'none'))).rejects.toThrow(/none: cannot be opened \(ENOENT\)/);
    writeFileSync(join(folder, 'tiny'), 'abc');
    await expect(readSafetensorsFile(join(folder, 'tiny'))).rejects.toThrow(/tiny: has 3 bytes/);
  });
});
