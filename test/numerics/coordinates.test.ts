import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockAt, noiseStream, type Stream, sampleStream, streamOf, uniformAt } from '../../numerics/coordinates.ts';
import { golden } from './golden.ts';

interface Golden {
  readonly noise: { noise: Parameters<typeof noiseStream>[0]; stream: number[]; blocks: { block: number; words: number[] }[] }[];
  readonly sample: { sample: Parameters<typeof sampleStream>[0]; stream: number[]; uniforms: number[] }[];
}
const { noise, sample } = golden<Golden>('streams.json');
const fieldsOf = ({ key0, key1, counter2, counter3 }: Stream) => [key0, key1, counter2, counter3];

describe('streams', () => {
  it.each(noise)('of noise at $noise are what hashlib and an independent Philox give', ({ noise: at, stream, blocks }) => {
    expect(fieldsOf(noiseStream(at))).toEqual(stream);
    for (const { block, words } of blocks) expect(blockAt(noiseStream(at), block)).toEqual(words);
  });

  it.each(sample)('of sampling at $sample are what hashlib and an independent Philox give', ({ sample: at, stream, uniforms }) => {
    expect(fieldsOf(sampleStream(at))).toEqual(stream);
    expect(uniforms.map((_, step) => uniformAt(sampleStream(at), step))).toEqual(uniforms);
  });

  it('differ where any coordinate differs', () => {
    const at = { seed: 1, prompt: 1, draw: 1, site: 'a' };
    const others = [
      { ...at, seed: 2 },
      { ...at, prompt: 2 },
      { ...at, draw: 2 },
      { ...at, site: 'b' },
      { ...at, scale: 1 },
      { ...at, scale: 2 },
    ];
    expect(new Set([at, ...others].map((each) => fieldsOf(noiseStream(each)).join())).size).toBe(7);
    expect(streamOf('a', [{ name: 'x', integer: 1 }])).not.toEqual(streamOf('a', [{ name: 'x', real: 1 }]));
  });

  it('do not confuse where one field ends and the next begins', () => {
    const text = fc.string({ maxLength: 4 });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 3 }), fc.array(text, { maxLength: 3 }), (one, other) => {
        const of = (texts: string[]) =>
          fieldsOf(
            streamOf(
              'test',
              texts.map((value) => ({ name: '', text: value })),
            ),
          ).join();
        expect(of(one) === of(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });

  it('refuse coordinates that are no safe integers', () => {
    expect(() => sampleStream({ seed: 0.5, prompt: 0, replicate: 0 })).toThrow(
      'The coordinate seed must be an integer within 2^53, not 0.5',
    );
    expect(() => sampleStream({ seed: 0, prompt: Number.NaN, replicate: 0 })).toThrow(RangeError);
  });
});

describe('uniformAt', () => {
  const stream = sampleStream({ seed: 1, prompt: 2, replicate: 3 });

  it('lies strictly inside (0, 1) and is exact in float32, whatever the word', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), (step) => {
        const uniform = uniformAt(stream, step);
        expect(uniform > 0 && uniform < 1).toBe(true);
        expect(Math.fround(uniform)).toBe(uniform);
      }),
    );
  });

  it('is uniform: every tenth holds a tenth of 20000', () => {
    const counts = new Array<number>(10).fill(0);
    for (let step = 0; step < 20000; step++) counts[Math.floor(uniformAt(stream, step) * 10)]!++;
    // 5 standard deviations of Bin(20000, 0.1)
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(5 * Math.sqrt(1800));
  });

  it('refuses steps that are no place in a stream', () => {
    for (const step of [-1, 0.5, Number.NaN]) expect(() => uniformAt(stream, step)).toThrow(RangeError);
  });
});
