import { describe, expect, it } from 'vitest';
import { calibrate } from '../../activities/calibrate-temperature.ts';

/** One string per temperature, a character per prompt: `x` is correct. */
function graded(table: Record<string, string>) {
  return Object.entries(table).flatMap(([temperature, marks]) =>
    [...marks].map((mark, prompt) => ({ prompt, temperature: Number(temperature), correct: mark === 'x' })),
  );
}

describe('calibrate', () => {
  it('takes the first temperature with the highest accuracy', () => {
    const { tBase, rows } = calibrate(graded({ 0.5: 'x...', 0.6: 'xx..', 0.7: '.xx.' }));
    expect(tBase).toBe(0.6);
    expect(rows.map(({ temperature, correct, total, accuracy }) => [temperature, correct, total, accuracy])).toEqual([
      [0.5, 1, 4, 0.25],
      [0.6, 2, 4, 0.5],
      [0.7, 2, 4, 0.5],
    ]);
  });

  it("carries Wilson's interval without continuity correction", () => {
    const [row] = calibrate(graded({ 0.8: 'xxxxx.....' })).rows;
    expect(row!.low).toBeCloseTo(0.2366, 4);
    expect(row!.high).toBeCloseTo(0.7634, 4);
  });

  it('is not identified where the exact McNemar test does not tell another temperature apart', () => {
    // 5 discordant prompts, all one way: p = 2 / 2^5 = 0.0625, not below 0.05.
    const { identified, sameAsBest } = calibrate(graded({ 0.5: 'xxxxx', 0.6: '.....' }));
    expect(identified).toBe(false);
    expect(sameAsBest).toEqual([0.5, 0.6]);
  });

  it('is identified where every other temperature is told apart', () => {
    // 6 discordant prompts, all one way: p = 2 / 2^6 = 0.03125.
    const { identified, sameAsBest, tBase } = calibrate(graded({ 0.5: 'xxxxxx', 0.6: '......' }));
    expect({ identified, sameAsBest, tBase }).toEqual({ identified: true, sameAsBest: [0.5], tBase: 0.5 });
  });

  it('is not identified where no answer is right anywhere', () => {
    const { tBase, identified, sameAsBest } = calibrate(graded({ 0.5: '....', 0.6: '....', 0.7: '....' }));
    expect({ tBase, identified, sameAsBest }).toEqual({ tBase: 0.5, identified: false, sameAsBest: [0.5, 0.6, 0.7] });
  });

  it('does not depend on the order of the rows', () => {
    const rows = graded({ 0.5: 'x.x.', 0.6: 'xx.x', 0.7: '.xx.' });
    expect(calibrate([...rows].reverse())).toEqual(calibrate(rows));
  });
});
