import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intervalOverPrompts, studentReach, tStarInterval, wilsonInterval } from '../../numerics/intervals.ts';
import { mcnemarExact } from '../../numerics/mcnemar.ts';
import { type SlopePoint, slopeThroughOrigin } from '../../numerics/slope.ts';
import { verdict } from '../../numerics/verdict.ts';
import { golden } from './golden.ts';

interface Golden {
  readonly t: [number, number][];
  readonly wilson: [number, number, number, number][];
  readonly mcnemar: [number, number, number][];
  readonly intervals: { values: { prompt: number; value: number }[]; mean: number; se: number; low: number; high: number }[];
  readonly slopes: { tBase: number; points: SlopePoint[]; slope: number; se: number; low: number; high: number }[];
}
const { t, wilson, mcnemar, intervals, slopes } = golden<Golden>('statistics.json');

describe('intervalOverPrompts', () => {
  it.each(t)('uses t(0.975, n - 1) at n = %i', (count, expected) => {
    expect(studentReach(count) / expected).toBeCloseTo(1, 9);
  });

  it.each(intervals)('is SciPy’s t interval of the prompts’ means (mean $mean)', ({ values, ...expected }) => {
    const actual = intervalOverPrompts(values);
    for (const field of ['mean', 'se', 'low', 'high'] as const) expect(actual[field]).toBeCloseTo(expected[field], 10);
  });

  it('does not depend on the order of the draws', () => {
    const { values } = intervals[1]!;
    fc.assert(
      fc.property(fc.shuffledSubarray(values, { minLength: values.length }), (shuffled) => {
        for (const field of ['mean', 'se', 'low', 'high'] as const)
          expect(intervalOverPrompts(shuffled)[field]).toBeCloseTo(intervalOverPrompts(values)[field]!, 12);
      }),
    );
  });

  it('gives null, not 0, for one prompt, however many draws it has', () => {
    const one = [1, 2, 3].map((value) => ({ prompt: 4, value }));
    expect(intervalOverPrompts(one)).toEqual({ mean: 2, low: null, high: null, se: null });
  });

  it('is cut off where the quantity cannot lie below', () => {
    const values = [0.1, 0.9].map((value, prompt) => ({ prompt, value }));
    expect(intervalOverPrompts(values).low).toBeLessThan(0);
    expect(intervalOverPrompts(values, { minimum: 0 }).low).toBe(0);
  });

  it('refuses to say anything about nothing', () => {
    expect(() => intervalOverPrompts([])).toThrow(RangeError);
  });
});

describe('tStarInterval', () => {
  it('puts the ends of alpha through T_base sqrt(1 + alpha)', () => {
    const { low, high, se } = tStarInterval(0.8, { mean: 0.44, low: 0.21, high: 0.69, se: 0.12 });
    expect(low).toBeCloseTo(0.88, 12);
    expect(high).toBeCloseTo(1.04, 12);
    expect(se).toBeCloseTo((0.8 * 0.12) / (2 * 1.2), 12);
  });

  it('is null where alpha has no interval', () => {
    expect(tStarInterval(0.8, { mean: 0.44, low: null, high: null, se: null })).toEqual({ low: null, high: null, se: null });
  });
});

describe('wilsonInterval', () => {
  it.each(wilson)('of %i out of %i is SciPy’s', (correct, total, low, high) => {
    const actual = wilsonInterval(correct, total);
    // SciPy has z to 16 digits, EXPERIMENT.md to 7.
    expect(actual.low).toBeCloseTo(low, 7);
    expect(actual.high).toBeCloseTo(high, 7);
  });

  it('touches 0 and 1 exactly where nothing or everything is correct', () => {
    expect(wilsonInterval(0, 10).low).toBe(0);
    expect(wilsonInterval(10, 10).high).toBe(1);
  });

  it.each([
    [0, 0],
    [3, 2],
    [-1, 2],
    [0.5, 2],
  ])('refuses %f of %i', (correct, total) => {
    expect(() => wilsonInterval(correct, total)).toThrow(RangeError);
  });
});

describe('mcnemarExact', () => {
  it(`is SciPy's exact binomial test on ${mcnemar.length} tables`, () => {
    for (const [b, c, p] of mcnemar) expect(mcnemarExact(b, c), `${b} against ${c}`).toBeCloseTo(p, 10);
  });

  it('tells nothing apart without a discordant prompt', () => {
    expect(mcnemarExact(0, 0)).toBe(1);
    expect(mcnemarExact(0, 5)).toBe(0.0625);
    expect(mcnemarExact(0, 6)).toBe(0.03125);
    expect(() => mcnemarExact(-1, 2)).toThrow(RangeError);
  });
});

describe('slopeThroughOrigin', () => {
  it.each(slopes)('is NumPy’s least squares with a jackknife over prompts (slope $slope)', ({ points, tBase, ...expected }) => {
    const actual = slopeThroughOrigin(points, tBase);
    for (const field of ['slope', 'se', 'low', 'high'] as const) expect(actual[field]).toBeCloseTo(expected[field], 9);
  });

  it('is 1 where every observation is its prediction', () => {
    const points = [0.9, 1.2, 1.5].map((predicted, prompt) => ({ prompt, predicted, observed: predicted }));
    expect(slopeThroughOrigin(points, 0.8)).toEqual({ slope: 1, low: 1, high: 1, se: 0 });
  });

  it('is null where it is undefined', () => {
    const none = { slope: null, low: null, high: null, se: null };
    expect(slopeThroughOrigin([], 0.8)).toEqual(none);
    expect(
      slopeThroughOrigin(
        [
          { prompt: 0, predicted: 0.8, observed: 1 },
          { prompt: 1, predicted: 0.8, observed: 1 },
        ],
        0.8,
      ),
    ).toEqual(none);
    expect(slopeThroughOrigin([{ prompt: 0, predicted: 1.6, observed: 1.6 }], 0.8)).toEqual({ ...none, slope: 1 });
    expect(
      slopeThroughOrigin(
        [
          { prompt: 0, predicted: 1.6, observed: 1.6 },
          { prompt: 1, predicted: 0.8, observed: 1 },
        ],
        0.8,
      ).se,
    ).toBeNull();
  });

  it('refuses temperatures that have no logarithm', () => {
    expect(() => slopeThroughOrigin([{ prompt: 0, predicted: 0, observed: 1 }], 0.8)).toThrow(RangeError);
  });
});

describe('verdict', () => {
  it.each([
    [-0.15, 0.15, 0, 'holds'],
    [0.01, 0.1, 0, 'holds'],
    [0.16, 0.3, 0, 'fails'],
    [-0.4, -0.151, 0, 'fails'],
    [0.15, 0.3, 0, 'undecided'],
    [-0.2, 0.1, 0, 'undecided'],
    [-0.3, 0.3, 0, 'undecided'],
    [0.01, 0.1, 1, 'undecided'],
    [0.16, 0.3, 2, 'undecided'],
    [null, null, 0, 'undecided'],
    [Number.NaN, Number.NaN, 0, 'undecided'],
  ] as const)('of d in [%s, %s] with %i draws at an end: %s', (low, high, atEnd, expected) => {
    expect(verdict({ low, high }, { atEnd })).toBe(expected);
  });
});
