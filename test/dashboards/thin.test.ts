// Fewer marks of a large run must still be marks of all of it: whatever the order of its rows, no level, prompt or draw is lost.
import { expect, it } from 'vitest';
import { thin } from '../../dashboards/views/marks.ts';

it.each([2, 3, 6, 7, 9, 12])('keeps every one of %i levels alike, where rows go through them in turn', (levels) => {
  const kept = thin(
    Array.from({ length: 54_000 }, (_, i) => i % levels),
    600,
  );
  expect(kept.length).toBeLessThanOrEqual(600);
  for (let level = 0; level < levels; level++) {
    const share = kept.filter((value) => value === level).length / 600;
    expect(Math.abs(share - 1 / levels)).toBeLessThan(0.01);
  }
});

it('keeps everything where it is few, and the order', () => {
  expect(thin([3, 1, 2], 3)).toEqual([3, 1, 2]);
  const many = thin(
    Array.from({ length: 1000 }, (_, i) => i),
    100,
  );
  expect(many).toEqual([...many].sort((a, b) => a - b));
});
