import { describe, expect, it } from 'vitest';
import { UserError } from '../../formats/user-error.ts';
import { roundToHundredths, temperatureGrid } from '../../numerics/temperature-grid.ts';
import { golden } from './golden.ts';

const { rounds, grids, multiples } = golden<{ rounds: [number, number][]; grids: [number, number[]][]; multiples: number[] }>(
  'rounding.json',
);

describe('roundToHundredths', () => {
  it.each([
    [0.75, 1.5, 1.12],
    [0.75, 1.1, 0.83],
    [0.65, 0.7, 0.45],
  ])('%f * %f gives %f', (base, multiple, expected) => {
    expect(roundToHundredths(base * multiple)).toBe(expected);
  });

  it(`equals Python's round(x, 2) on ${rounds.length} numbers, ties and their neighbours among them`, () => {
    for (const [x, expected] of rounds)
      expect(Object.is(roundToHundredths(x), expected), `${x} -> ${roundToHundredths(x)}, Python ${expected}`).toBe(true);
  });

  it('gives back what cannot be rounded', () => {
    for (const x of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e300]) expect(roundToHundredths(x)).toBe(x);
  });
});

describe('temperatureGrid', () => {
  it('is the study’s at T_base 0.8', () => {
    expect(temperatureGrid(0.8, multiples)).toEqual([0.56, 0.64, 0.72, 0.8, 0.88, 0.96, 1.04, 1.12, 1.2, 1.28, 1.44, 1.6]);
  });

  it(`is Python's for ${grids.length} other T_base, duplicates dropped`, () => {
    for (const [base, expected] of grids) expect(temperatureGrid(base, multiples)).toEqual(expected);
  });

  it('is ascending in whatever order the multiples come, and empty without any', () => {
    expect(temperatureGrid(1, [2, 0.5, 1, 1.001])).toEqual([0.5, 1, 2]);
    expect(temperatureGrid(1, [])).toEqual([]);
  });

  it('refuses a temperature of 0', () => {
    expect(() => temperatureGrid(0.005, [0.7])).toThrow(UserError);
    expect(() => temperatureGrid(0.005, [0.7])).toThrow('T_base 0.005 times 0.7 gives the temperature 0');
    expect(() => temperatureGrid(Number.NaN, [1])).toThrow(UserError);
  });
});
