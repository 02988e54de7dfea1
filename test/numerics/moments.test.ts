import { describe, expect, it } from 'vitest';
import { mean, stdPopulation, stdUnbiased, varianceUnbiased } from '../../numerics/moments.ts';
import { golden } from './golden.ts';

const { moments } = golden<{ moments: { values: number[]; mean: number; std: number; population: number }[] }>('statistics.json');
/** The input's own rounding, seen from the spread: values near 1e6 with a spread of 1e-3 have 7 digits of it. */
const near = (actual: number, expected: number) => expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-12 * Math.abs(expected));

describe('moments', () => {
  it.each(moments.map((row) => [row.values.length, row] as const))(
    'of %i numbers are those of extended precision',
    (_, { values, mean: center, std, population }) => {
      near(mean(values), center);
      near(stdUnbiased(values), std);
      near(stdPopulation(values), population);
      near(varianceUnbiased(values), std ** 2);
    },
  );

  it('accumulate float32 numbers in float64', () => {
    const values = new Float32Array(100_000).fill(0.1);
    values[0] = 1e6;
    const exact = (1e6 + 99_999 * Math.fround(0.1)) / 100_000;
    expect(Math.abs(mean(values) - exact)).toBeLessThan(1e-10);
  });

  it('refuse what is undefined instead of giving 0', () => {
    expect(() => mean([])).toThrow('The mean needs at least 1 number, got 0');
    expect(() => stdUnbiased([1])).toThrow('at least 2 numbers, got 1');
    expect(() => varianceUnbiased([])).toThrow(RangeError);
    expect(() => stdPopulation([])).toThrow(RangeError);
    expect(stdPopulation([7])).toBe(0);
  });

  it('hand NaN on', () => {
    for (const statistic of [mean, stdUnbiased, stdPopulation, varianceUnbiased]) expect(statistic([1, Number.NaN, 2])).toBeNaN();
  });
});
