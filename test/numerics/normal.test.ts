import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noiseStream } from '../../numerics/coordinates.ts';
import { normalAt, normalsOf } from '../../numerics/normal.ts';
import { golden } from './golden.ts';

interface Golden {
  readonly noise: { noise: Parameters<typeof noiseStream>[0]; blocks: { block: number; normals: number[] }[] }[];
}

/** Box and Muller in float64 on the same words. */
function inDoubles(w0: number, w1: number): [number, number] {
  const logarithm = w0 >= 2 ** 31 ? Math.log1p(-(2 ** 32 - 1 - w0) / 2 ** 32) : Math.log((w0 + 1) / 2 ** 32);
  const [radius, angle] = [Math.sqrt(-2 * logarithm), (2 * Math.PI * w1) / 2 ** 32];
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/** Half an ulp each in sqrt, product and polynomials, and what they inherit; beside 0 only the angle's own rounding counts. */
const RELATIVE = 1e-6;
const ABSOLUTE = 1e-14;
const near = (actual: number, expected: number) =>
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(RELATIVE * Math.abs(expected) + ABSOLUTE);

describe('normalsOf', () => {
  it('is within 1e-6 relative of Box-Muller in float64', () => {
    const edges = [
      0,
      1,
      2,
      2 ** 23,
      2 ** 24 - 1,
      2 ** 29,
      2 ** 30,
      2 ** 31 - 2,
      2 ** 31 - 1,
      2 ** 31,
      2 ** 31 + 1,
      3 * 2 ** 30,
      2 ** 32 - 2,
      2 ** 32 - 1,
    ];
    const word = fc.oneof(
      fc.nat(2 ** 32 - 1),
      fc.constantFrom(...edges),
      fc.nat(31).map((bits) => 2 ** bits),
    );
    fc.assert(
      fc.property(word, word, word, word, (w0, w1, w2, w3) => {
        const expected = [...inDoubles(w0, w1), ...inDoubles(w2, w3)];
        for (const [i, actual] of normalsOf([w0, w1, w2, w3]).entries()) near(actual, expected[i]!);
      }),
      { numRuns: 5000 },
    );
  });

  it('reaches 6.66 standard deviations on the smallest word and exactly 0 on the greatest', () => {
    expect(normalsOf([0, 0, 2 ** 32 - 1, 2 ** 29])).toEqual([Math.fround(Math.sqrt(64 * Math.LN2)), 0, 0, 0]);
  });
});

describe('normalAt', () => {
  it.each(golden<Golden>('streams.json').noise)('is lane i % 4 of block i / 4 at $noise', ({ noise, blocks }) => {
    const stream = noiseStream(noise);
    for (const { block, normals } of blocks)
      for (const [lane, expected] of normals.entries()) near(normalAt(stream, 4 * block + lane), expected);
  });

  it('refuses an index that is no place in a stream', () => {
    for (const index of [-1, 0.5, 2 ** 60])
      expect(() => normalAt(noiseStream({ seed: 0, prompt: 0, draw: 0, site: '' }), index)).toThrow(RangeError);
  });
});
