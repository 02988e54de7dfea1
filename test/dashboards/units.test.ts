// Units as the page carries them: whole digests of a run of any usual size, first digits of a large one, and never so many that
// they would be the page.
import { expect, it } from 'vitest';
import { digestOf } from '../../artifacts/digest.ts';
import { embedUnits, type NodeUnits } from '../../dashboards/units.ts';

const DIGEST = digestOf('an object');
const step = (node: string, count: number): NodeUnits => ({
  node,
  units: Array.from({ length: count }, (_, prompt) => ({ coordinates: { prompt }, outputs: { ids: DIGEST } })),
});

it('carries the whole digests of 20,000 units, and the first twelve digits of each of more', () => {
  expect(embedUnits([step('prompts', 20_000)]).prompts!.rows[3]).toEqual([3, DIGEST]);
  expect(embedUnits([step('prompts', 20_000), step('hidden', 1)]).prompts!.rows[3]).toEqual([3, DIGEST.slice(0, 12)]);
});

it('leaves out the largest steps where there are more than 150,000 units', () => {
  const units = embedUnits([step('prompts', 1000), step('noisy', 140_000), step('scores', 20_000)]);
  expect(Object.keys(units)).toEqual(['prompts', 'scores']);
  expect(units.scores!.rows).toHaveLength(20_000);
});

it('marks a unit without objects', () => {
  const missing = { node: 'noisy', units: [{ coordinates: { prompt: 0 }, outputs: null }, ...step('noisy', 2).units.slice(1)] };
  expect(embedUnits([missing]).noisy!.rows).toEqual([
    [0, null],
    [1, DIGEST],
  ]);
});
