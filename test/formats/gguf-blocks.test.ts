import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blockTypes, findBlockType } from '../../formats/gguf-blocks.ts';

const fixture = resolve(import.meta.dirname, '../../../shared/fixtures/gguf-blocks.json');
type Case = { type: number; block: number; block_bytes: number; bytes: string; float32: string };

describe.skipIf(!existsSync(fixture))('gguf blocks against gguf-py (lacks ../shared/fixtures where skipped)', () => {
  const cases = existsSync(fixture) ? (JSON.parse(readFileSync(fixture, 'utf8')) as Record<string, Case>) : {};
  for (const [name, { type, block, block_bytes, bytes, float32 }] of Object.entries(cases)) {
    it(`${name} gives the same float32 to the bit`, () => {
      const source = new Uint8Array(Buffer.from(bytes, 'base64'));
      const expected = Buffer.from(float32, 'base64');
      const found = findBlockType(type);
      expect(found).toMatchObject({ name, values: block, sizeBytes: block_bytes });
      const target = new Float32Array(expected.byteLength / 4);
      found?.decode(source, target);
      expect(Buffer.from(target.buffer).equals(expected)).toBe(true);
    });
  }
});

describe('block types', () => {
  it('copies F32 from any alignment', () => {
    const bytes = new Uint8Array(13);
    bytes.set(new Uint8Array(new Float32Array([1.5, -2, 3e-40]).buffer), 1);
    const target = new Float32Array(3);
    findBlockType(0)?.decode(bytes.subarray(1), target);
    expect(target).toEqual(new Float32Array([1.5, -2, 3e-40]));
  });

  it('has each code once and answers nothing for another', () => {
    expect(new Set(blockTypes.map((type) => type.code)).size).toBe(blockTypes.length);
    expect(findBlockType(9)).toBeUndefined();
  });
});
