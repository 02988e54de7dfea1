import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expOfNonPositive } from '../../numerics/exp.ts';

describe('expOfNonPositive', () => {
  it('is Math.exp to the last bits, down to the least number', () => {
    const exponent = fc.oneof(fc.double({ min: -745, max: 0, noNaN: true }), fc.double({ min: -3, max: 0, noNaN: true }));
    fc.assert(
      fc.property(exponent, (x) => {
        const expected = Math.exp(x);
        expect(Math.abs(expOfNonPositive(x) - expected)).toBeLessThanOrEqual(4e-16 * expected + Number.MIN_VALUE);
      }),
      { numRuns: 20_000 },
    );
  });

  it('is 1 at 0, 0 where nothing is left, NaN for NaN', () => {
    expect([0, -746, Number.NEGATIVE_INFINITY, Number.NaN].map(expOfNonPositive)).toEqual([1, 0, 0, Number.NaN]);
  });
});
