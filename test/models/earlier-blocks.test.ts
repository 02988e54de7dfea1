import { expect, it } from 'vitest';
import { widenRows } from '../../models/earlier-blocks.ts';

it('widens rows in place, each followed by what was added to it', () => {
  const data = Float32Array.of(1, 2, 3, 4, 5, 6, 0, 0, 0);
  widenRows(data, 2, Float32Array.of(10, 20, 30), 1, 3);
  expect([...data]).toEqual([1, 2, 10, 3, 4, 20, 5, 6, 30]);
});

it('starts from rows of nothing', () => {
  const data = new Float32Array(4);
  widenRows(data, 0, Float32Array.of(1, 2, 3, 4), 2, 2);
  expect([...data]).toEqual([1, 2, 3, 4]);
});
