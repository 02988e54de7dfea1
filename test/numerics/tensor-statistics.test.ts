// Statistics of a tensor of activations against their definitions.
import { describe, expect, it } from 'vitest';
import { stdUnbiased } from '../../numerics/moments.ts';
import { OUTLIER_STDS, tensorStatistics } from '../../numerics/tensor-statistics.ts';

describe('tensor statistics', () => {
  it('are those of their definitions', () => {
    expect(tensorStatistics(Float32Array.of(3, -3))).toEqual({ mean: 0, std: Math.sqrt(18), min: -3, max: 3, rms: 3, outliers: 0 });
    const values = Float32Array.from({ length: 999 }, (_, i) => Math.sin(i));
    const { mean, std, rms } = tensorStatistics(values);
    expect(std).toBe(stdUnbiased(values));
    expect(rms ** 2).toBeCloseTo((std ** 2 * 998) / 999 + mean ** 2, 12);
  });

  it('count what lies more than six std from the mean, on both sides', () => {
    const values = Float32Array.from({ length: 1000 }, (_, i) => 5 + (i % 2 === 0 ? 1 : -1));
    values[10] = 5 + 50;
    values[11] = 5 - 50;
    values[12] = 5 + 3;
    const { std, outliers } = tensorStatistics(values);
    expect(outliers).toBe(2 / 1000);
    expect(50 / std).toBeGreaterThan(OUTLIER_STDS);
  });

  it('of equal numbers have no outliers', () => {
    expect(tensorStatistics(new Float32Array(4).fill(2))).toEqual({ mean: 2, std: 0, min: 2, max: 2, rms: 2, outliers: 0 });
  });

  it('are undefined of one number, and NaN where one is', () => {
    expect(() => tensorStatistics(Float32Array.of(1))).toThrow(RangeError);
    const { mean, std, min, max, rms } = tensorStatistics(Float32Array.of(1, Number.NaN, 2));
    expect([mean, std, min, max, rms]).toEqual([NaN, NaN, NaN, NaN, NaN]);
  });
});
