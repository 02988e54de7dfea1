import { describe, expect, it } from 'vitest';
import { fitRows } from '../../activities/fit-t-star.ts';

const scored = (prompt: number, draw: number, alpha: number, observed: number, more: object = {}) => ({
  prompt,
  draw,
  noise: 0.5,
  tBase: 0.8,
  temperatures: [0.8, 1],
  alpha,
  klByTemperature: [0.1 * (prompt + 1), 0.2],
  probByTemperature: [0.5, 0.4],
  bestTKl: 0.8,
  bestTKlContinuous: observed,
  atEnd: null,
  bestTProb: 0.8,
  cleanLogitsStd: 1,
  noisyLogitsStd: 1,
  differenceStd: 1,
  ...more,
});

describe('fitRows', () => {
  it('takes T* from the root of the mean alpha, not from the mean of roots', () => {
    const [row] = fitRows([scored(0, 0, 0, 0.8), scored(1, 0, 1, 1.1)]);
    expect(row!.alpha).toBe(0.5);
    expect(row!.tStar).toBeCloseTo(0.8 * Math.sqrt(1.5), 12);
    expect(row!.klByTemperature[0]).toBeCloseTo(0.15, 12);
  });

  it("keeps the study's match mark beside the verdict on observed - predicted", () => {
    // T* = 0.8 sqrt(1.44) = 0.96; the grid's best T is 0.8: 0.16 apart, no match. The continuous optimum agrees.
    const [row] = fitRows([0, 1, 2].map((prompt) => scored(prompt, 0, 0.44, 0.96 + prompt * 1e-3)));
    expect(row).toMatchObject({ match: false, verdict: 'holds' });
    expect(row!.observedMinusPredicted).toBeCloseTo(0.001, 9);
  });

  it('is undecided with one prompt or a draw at an end of the search', () => {
    expect(fitRows([scored(0, 0, 0.44, 0.96)])[0]!.verdict).toBe('undecided');
    const rows = fitRows([scored(0, 0, 0.44, 0.96), scored(1, 0, 0.44, 0.96), scored(2, 0, 0.44, 0.96, { atEnd: 'high' })]);
    expect(rows[0]).toMatchObject({ verdict: 'undecided', atEnd: 1 });
  });

  it('fails where the whole interval lies beyond the margin', () => {
    expect(fitRows([0, 1, 2].map((prompt) => scored(prompt, 0, 0.44, 1.3 + prompt * 1e-3)))[0]!.verdict).toBe('fails');
  });
});
