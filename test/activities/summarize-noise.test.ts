import { describe, expect, it } from 'vitest';
import { summarizeDraws } from '../../activities/summarize-noise.ts';

describe('summarizeDraws', () => {
  const draw = (prompt: number, draw: number, value: number) => ({
    prompt,
    draw,
    scale: 0.1,
    effectiveStd: value,
    effectiveMean: -value,
    preservation: value * 2,
  });

  it('takes means and population sds over all draws, intervals over prompts', () => {
    const [row] = summarizeDraws([draw(0, 0, 1), draw(0, 1, 3), draw(1, 0, 4), draw(1, 1, 4)]);
    expect(row).toMatchObject({ scale: 0.1, prompts: 2, n: 4, effectiveStd: 3, effectiveMean: -3, preservation: 6 });
    expect(row!.effectiveStdSd).toBeCloseTo(Math.sqrt(1.5), 12);
    // Prompt means 2 and 4: se = sqrt(2) / sqrt(2) = 1, t(0.975, 1) = 12.7062; the lower end is clamped at 0.
    expect(row!.effectiveStdSe).toBeCloseTo(1, 12);
    expect(row!.effectiveStdLow).toBe(0);
    expect(row!.effectiveStdHigh).toBeCloseTo(3 + 12.706204736, 6);
    expect(row!.biased).toBe(false);
  });

  it('says a bias where the interval of the effective mean excludes zero', () => {
    const rows = summarizeDraws([draw(0, 0, 1), draw(1, 0, 1.01), draw(2, 0, 0.99)]);
    expect(rows[0]!.biased).toBe(true);
  });

  it('has no interval with one prompt', () => {
    const [row] = summarizeDraws([draw(0, 0, 1), draw(0, 1, 3)]);
    expect(row).toMatchObject({ effectiveStdLow: null, effectiveStdHigh: null, effectiveStdSe: null, biased: false });
  });
});
