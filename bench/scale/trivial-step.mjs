// @ts-check
// The step of the scale bench: units that cost nothing, one in a shard, so that what is measured is everything around them.
import { defineStep, jsonType, z } from 'tstar/step';

export const trivialUnit = defineStep({
  name: 'trivial-unit',
  version: 1,
  summary: 'Counts to one',
  device: 'light',
  params: z.object({
    count: z.number().int().min(1).max(10_000_000).describe('units'),
    round: z.number().int().min(0).max(1000).default(0).describe('another round computes its own units'),
  }),
  inputs: {},
  outputs: { number: jsonType('trivial-number', z.object({ unit: z.number().int(), round: z.number().int() }), 'its own place') },
  axes: { unit: { count: 'count' } },
  shardUnits: 1,
  describe: (units) => `count ${units.length} units`,
  async *run({ params: { round }, units }) {
    for (const unit of units) yield { unit, outputs: { number: { unit: unit.coordinates.unit, round } } };
  },
});
