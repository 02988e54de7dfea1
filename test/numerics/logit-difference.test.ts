import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logitDifference } from '../../numerics/logit-difference.ts';

/** The three definitions, term by term, each number looked at as often as the formula names it. */
function slow(clean: readonly number[], other: readonly number[]) {
  const differences = clean.map((logit, i) => other[i]! - logit);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const variance = (values: readonly number[]) =>
    sum(values.map((value) => (value - sum(values) / values.length) ** 2)) / (values.length - 1);
  return {
    alpha: variance(differences) / variance(clean),
    max: Math.max(...differences.map(Math.abs)),
    rms: Math.sqrt(sum(differences.map((difference) => difference ** 2)) / differences.length),
  };
}

describe('logitDifference', () => {
  const logits = (length: number) =>
    fc.array(fc.double({ min: -50, max: 50, noNaN: true }).map(Math.fround), { minLength: length, maxLength: length });

  it('is what its definitions say', () => {
    const pairs = fc.integer({ min: 2, max: 40 }).chain((length) => fc.tuple(logits(length), logits(length)));
    fc.assert(
      fc.property(pairs, ([clean, other]) => {
        // Near-constant logits have no variance that float64 could tell from its own rounding.
        fc.pre(Math.max(...clean) - Math.min(...clean) > 1);
        const [found, expected] = [logitDifference(clean, other), slow(clean, other)];
        expect(found.max).toBe(expected.max);
        expect(Math.abs(found.rms - expected.rms)).toBeLessThanOrEqual(1e-12 * expected.rms);
        expect(Math.abs(found.alpha - expected.alpha)).toBeLessThanOrEqual(1e-9 * (expected.alpha + 1e-9));
      }),
    );
  });

  it('sees one logit that differs in its last bit', () => {
    const clean = Float32Array.from({ length: 1000 }, (_, i) => Math.fround(Math.sin(i)));
    const other = Float32Array.from(clean);
    other[7] = Math.fround(clean[7]! + 2 ** -24);
    const { alpha, max, rms } = logitDifference(clean, other);
    expect(max).toBe(2 ** -24);
    expect(rms).toBe(2 ** -24 / Math.sqrt(1000));
    expect(alpha).toBeGreaterThan(0);
    expect(logitDifference(clean, clean)).toEqual({ alpha: 0, max: 0, rms: 0 });
  });

  it('hands NaN on, and refuses lengths that differ', () => {
    expect(logitDifference([0, 2], [1, 1])).toEqual({ alpha: 1, max: 1, rms: 1 });
    expect(logitDifference([0, 1, 2], [0, Number.NaN, 2])).toEqual({ alpha: Number.NaN, max: Number.NaN, rms: Number.NaN });
    expect(() => logitDifference([0, 1], [0])).toThrow(RangeError);
  });
});
