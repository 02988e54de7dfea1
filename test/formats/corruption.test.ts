// Random damage: every answer is a value or a UserError that names the file; no other error, no read outside of the file.
import { describe, expect, it } from 'vitest';
import { readGguf } from '../../formats/gguf.ts';
import { type RangeReader, readerOfBytes } from '../../formats/range-reader.ts';
import { encodeSafetensors, float32Tensor, readSafetensorsHeader } from '../../formats/safetensors.ts';
import { UserError } from '../../formats/user-error.ts';
import { damageBytes, mulberry32 } from './damage.ts';
import { writeGguf } from './write-gguf.ts';

const CASES = 2000;
const values = Float32Array.from({ length: 64 }, (_, i) => i);
const formats: readonly {
  name: string;
  file: Uint8Array;
  headerBytes: number;
  read(reader: RangeReader): Promise<{ tensors: ReadonlyMap<string, { offset: number; sizeBytes: number }> }>;
}[] = [
  {
    name: 'safetensors',
    file: encodeSafetensors({ a: float32Tensor(values, [8, 8]), b: float32Tensor(values, [64]) }, { format: 'pt' }),
    headerBytes: 160,
    read: readSafetensorsHeader,
  },
  {
    name: 'GGUF',
    file: writeGguf(
      [
        ['general.architecture', 'string', 'llama'],
        ['llama.block_count', 'u32', 3],
        ['tokenizer.ggml.tokens', 'strings', ['a', 'b', 'c', 'd']],
        ['tokenizer.ggml.token_type', 'i32s', [1, 1, 3, 4]],
      ],
      [
        { name: 'first', shape: [8, 8], values },
        { name: 'second', shape: [64], values },
      ],
    ),
    headerBytes: 320,
    read: readGguf,
  },
];

describe.each(formats)('$name', ({ file, headerBytes, read }) => {
  it(`ends ${CASES} random corruptions in a value inside the file or a UserError`, async () => {
    const random = mulberry32(8);
    let refused = 0;
    for (let i = 0; i < CASES; i++) {
      const bytes = damageBytes(file, random, headerBytes);
      const reader = readerOfBytes('damaged', bytes);
      try {
        for (const { offset, sizeBytes } of (await read(reader)).tensors.values()) await reader.read(offset, sizeBytes);
      } catch (error) {
        expect(error, `case ${i}: ${error}`).toBeInstanceOf(UserError);
        expect((error as Error).message).toMatch(/^damaged: \S/);
        expect((error as Error).message).not.toContain('\n');
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(CASES / 4);
  });
});
