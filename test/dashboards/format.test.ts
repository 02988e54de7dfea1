// Numbers as the page says them: no digit that means nothing, no 60 s beside 1 min, no plural of one.
import { expect, it } from 'vitest';
import { amount, count, duration, percentInterval, signed, significant } from '../../dashboards/format.ts';
import { prose } from '../../dashboards/html.ts';
import { levelsOf, levelText, paintOf } from '../../dashboards/views/layer-grid.ts';
import { evenTicks, logTicks } from '../../dashboards/views/marks.ts';

it('says times in words', () => {
  expect([0, 20, 940, 9949, 9960, 59_400, 59_600, 119_700, 3_660_000].map(duration)).toEqual([
    '0 s',
    '< 0.1 s',
    '0.9 s',
    '9.9 s',
    '10 s',
    '59 s',
    '1 min 0 s',
    '2 min 0 s',
    '1 h 1 min',
  ]);
});

it('keeps the digits that mean something', () => {
  expect([24_790.47, 108.376, 0.030_12, -2.5, 0, 3.1e-7, null].map((value) => significant(value, 3))).toEqual([
    '24,800',
    '108',
    '0.0301',
    '−2.50',
    '0',
    '3.1e−7',
    '–',
  ]);
  expect(percentInterval(0.814, 0.664, 0.963, 1)).toBe('81.4 % [66.4 %, 96.3 %]');
  expect(percentInterval(0.814, null, null, 0)).toBe('81 %');
  expect([0.0002, 0.002, -0.002].map((value) => signed(value, 3))).toEqual(['0.000', '+0.002', '−0.002']);
  expect([1, 2500].map((number) => count(number, 'prompt'))).toEqual(['1 prompt', '2,500 prompts']);
});

it('keeps a number and its unit on one line', () => {
  expect(prose('from 3.6 % to 1.5 MB at 5 sites').markup).toBe('from 3.6\u00a0% to 1.5\u00a0MB at 5 sites');
});

it('puts round ticks on log and linear axes', () => {
  expect(logTicks(0.68, 2.7, 8)).toEqual([0.8, 1, 1.2, 1.5, 2, 2.5]);
  expect(logTicks(0.02, 7.2, 9)).toEqual([0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]);
  expect(logTicks(1e-12, 1, 5)).toEqual([1e-12, 1e-9, 1e-6, 1e-3, 1]);
  expect(logTicks(0.833, 0.876, 6)).toEqual([0.84, 0.85, 0.86, 0.87]);
  expect(evenTicks(-0.16, 0.16, 7)).toEqual([-0.15, -0.1, -0.05, 0, 0.05, 0.1, 0.15]);
});

it('colours by levels from the least to the greatest, each as many times the one below', () => {
  const levels = levelsOf([0.01, 1, 0.2]);
  expect(levels.map(({ from }) => Number(from.toPrecision(2)))).toEqual([0.01, 0.019, 0.037, 0.072, 0.14, 0.27, 0.52]);
  expect([paintOf(0.01, levels), paintOf(1, levels)]).toEqual([levels[0]!.paint, levels.at(-1)!.paint]);
  expect(levelText(levels[0]!, (value) => significant(value, 2))).toBe('0.010–0.019');
  expect(levelsOf([3, 3])).toHaveLength(1);
  // One that is next to nothing does not put all others in the highest.
  expect(levelsOf([1e-12, 1])[1]!.from).toBeGreaterThan(1e-4);
});

it.each([
  [0, '0'],
  [999.4, '999'],
  [999.5, '1,000'],
  [21_734, '21,734'],
  [1_234_567, '1,234,567'],
])('groups the digits of a count: %d', (count, text) => {
  expect(amount(count)).toBe(text);
});
