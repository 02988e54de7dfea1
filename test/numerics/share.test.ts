import { describe, expect, it } from 'vitest';
import { shareOf } from '../../numerics/share.ts';

describe('shareOf', () => {
  it('is a ratio of means, not a mean of ratios, with a jackknife over prompts', () => {
    const draws = [
      { prompt: 0, part: 1, whole: 2 },
      { prompt: 0, part: 3, whole: 4 },
      { prompt: 1, part: 2, whole: 10 },
      { prompt: 2, part: 1, whole: 4 },
    ];
    const { share, low, high, se } = shareOf(draws);
    expect(share).toBe(7 / 20);
    // Without prompt 0, 1, 2: 3/14, 5/10, 6/16; n = 3, t(0.975, 2) = 4.302653.
    const left = [3 / 14, 5 / 10, 6 / 16];
    const center = (left[0]! + left[1]! + left[2]!) / 3;
    const expected = Math.sqrt((2 / 3) * left.reduce((sum, value) => sum + (value - center) ** 2, 0));
    expect(se).toBeCloseTo(expected, 12);
    expect(high).toBeCloseTo(7 / 20 + 4.30265273 * expected, 7);
    expect(low).toBe(0);
  });

  it('has no interval with one prompt, and no value where there is no whole', () => {
    expect(shareOf([{ prompt: 0, part: 1, whole: 4 }])).toEqual({ share: 0.25, low: null, high: null, se: null });
    expect(shareOf([{ prompt: 0, part: 0, whole: 0 }])).toEqual({ share: null, low: null, high: null, se: null });
    expect(shareOf([])).toEqual({ share: null, low: null, high: null, se: null });
  });
});
