import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gguf as peer } from '@huggingface/gguf';
import { afterAll, describe, expect, it } from 'vitest';
import { readGguf } from '../../formats/gguf.ts';
import { readerOfBytes } from '../../formats/range-reader.ts';
import { UserError } from '../../formats/user-error.ts';
import { writeGguf } from './write-gguf.ts';

const folder = mkdtempSync(join(tmpdir(), 'tstar-gguf-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = writeGguf(
  [
    ['general.architecture', 'string', 'llama'],
    ['llama.block_count', 'u32', 3],
    ['llama.rope.freq_base', 'f32', 10_000],
    ['tokenizer.ggml.add_bos_token', 'bool', true],
    ['tokenizer.ggml.tokens', 'strings', ['a', 'Ġb', 'ü']],
    ['tokenizer.ggml.token_type', 'i32s', [1, 1, 3]],
  ],
  [
    { name: 'first', shape: [2, 4], values: new Float32Array([1, 2, 3, 4, 5, 6, 7, 8]) },
    { name: 'second', shape: [3], values: new Float32Array([-1, 0.5, 2]) },
  ],
);
const read = (bytes: Uint8Array) => readGguf(readerOfBytes('f', bytes));

describe('readGguf', () => {
  it('gives fields, shapes as PyTorch counts, and places in the file', async () => {
    const { fields, tensors } = await read(file);
    expect(Object.fromEntries(fields)).toMatchObject({
      'general.architecture': 'llama',
      'llama.block_count': 3,
      'tokenizer.ggml.add_bos_token': true,
      'tokenizer.ggml.tokens': ['a', 'Ġb', 'ü'],
    });
    expect(tensors.get('first')?.shape).toEqual([2, 4]);
    const second = tensors.get('second');
    expect(file.readFloatLE((second?.offset ?? 0) + 4)).toBe(0.5);
  });

  it('reads what @huggingface/gguf reads', async () => {
    const path = join(folder, 'peer.gguf');
    writeFileSync(path, file);
    const other = await peer(path, { allowLocalFile: true });
    const { fields, tensors } = await read(file);
    for (const [name, value] of fields) expect(other.metadata[name as keyof typeof other.metadata]).toEqual(value);
    expect(other.tensorInfos.map(({ name, shape }) => [name, shape.map(Number).reverse()])).toEqual(
      [...tensors.values()].map(({ name, shape }) => [name, [...shape]]),
    );
  });
});

describe('a bad GGUF file is one line that names file and field', () => {
  const changed = (at: number, value: number) => {
    const bytes = Buffer.from(file);
    bytes.writeUInt32LE(value, at);
    return bytes;
  };
  const at = (name: string) => file.indexOf(name) + name.length;
  const cases: [string, Uint8Array, RegExp][] = [
    ['empty', Buffer.alloc(0), /^f: magic: needs bytes 0 to 4, the file has 0/],
    ['something else', Buffer.from('PK\x03\x04 and more of it'), /^f: magic: is 0x04034b50/],
    ['big endian', changed(4, 0x03000000), /^f: version: is 50331648/],
    ['a huge tensor count', changed(8, 0xffffffff), /^f: tensor count: says 4294967295 tensors, at most 1000000/],
    ['more tensors than bytes', changed(8, 999_999), /^f: tensor count: says 999999 tensors, the file has \d+ bytes left/],
    ['a huge string', changed(at('general.architecture') + 8, 0x7fffffff), /^f: field general.architecture: says \d+ bytes of text/],
    ['an unknown value type', changed(at('llama.block_count'), 77), /^f: field llama.block_count: value type 77/],
    ['a huge array', changed(at('tokenizer.ggml.tokens') + 12, 10), /^f: field tokenizer.ggml.tokens: says 42949672963 elements/],
    ['an unknown tensor type', changed(at('second') + 12, 9), /^f: tensor second: type 9 cannot be decoded/],
    ['an offset outside', changed(at('second') + 16, 4096), /^f: tensor second: needs bytes \d+ to \d+, the file has \d+/],
    ['an offset that is not aligned', changed(at('second') + 16, 33), /^f: tensor second: offset 33 is no multiple of the alignment 32/],
    ['an overlap', changed(at('second') + 16, 0), /^f: tensor first: starts at byte \d+, second ends at \d+: they overlap/],
    ['too many dimensions', changed(at('second'), 9), /^f: tensor second: has 9 dimensions/],
    ['truncated', file.subarray(0, file.length - 32), /^f: tensor second: needs bytes .*truncated\?/],
    ['truncated in the header', file.subarray(0, 100), /^f: .*truncated\?/],
  ];
  for (const [what, bytes, message] of cases) {
    it(what, async () => {
      await expect(read(bytes)).rejects.toThrow(message);
      await expect(read(bytes)).rejects.toBeInstanceOf(UserError);
    });
  }
});
