import { describe, expect, it } from 'vitest';
import { splitAnswers } from '../../activities/fit-temperature.ts';

const answers = (...rows: number[]) => rows.map((prompt) => ({ prompt }));

describe('splitAnswers', () => {
  it('is a matter of the row alone, whatever is selected and in which order', () => {
    expect(splitAnswers(answers(5, 4, 7, 8), 2).fitting).toEqual(answers(4, 8));
    expect(splitAnswers(answers(0, 1, 2, 3, 4, 5), 3).fitting).toEqual(answers(0, 3));
  });

  it.each([
    [[1], 'rows 1 to 1 leave no row to fit (multiples of fitEvery = 2): raise promptCount to at least 2'],
    [[4], 'rows 4 to 4 leave no row to test (no multiple of 2): raise promptCount to at least 2'],
  ])('says what is missing with rows %j', (rows, problem) => {
    expect(splitAnswers(answers(...rows), 2).problem).toBe(problem);
  });
});
