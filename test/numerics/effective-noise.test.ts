import { describe, expect, it } from 'vitest';
import { effectiveNoise } from '../../numerics/effective-noise.ts';

describe('effectiveNoise', () => {
  it('is the unbiased std and the mean of the difference, and what is kept of the scale', () => {
    const { effectiveStd, effectiveMean, preservation } = effectiveNoise([1, 2, 3], [2, 2, 6], 0.5);
    // Differences 1, 0, 3: mean 4/3, unbiased variance 7/3; std of the clean state is 1.
    expect(effectiveStd).toBeCloseTo(Math.sqrt(7 / 3), 12);
    expect(effectiveMean).toBeCloseTo(4 / 3, 12);
    expect(preservation).toBeCloseTo(Math.sqrt(7 / 3) / 0.5, 12);
  });

  it('leaves preservation out where the clean state does not vary', () => {
    expect(effectiveNoise([1, 1], [1, 2], 0.5).preservation).toBeNull();
  });
});
