// @ts-check
// A step of one's own: how much of a prompt repeats itself. A unit is one prompt, so ten more prompts count ten.
import { defineStep, jsonType, promptType, wilsonInterval, z } from 'tstar/step';

/** @typedef {{ readonly ids: readonly number[] }} Prompt */

const repetitionType = jsonType(
  'repetition',
  z.object({
    prompt: z.number().int(),
    tokens: z.number().int(),
    repeated: z.number(),
    repeatedLow: z.number(),
    repeatedHigh: z.number(),
  }),
  'share of the runs of tokens that stood before in the same prompt',
);

export const measureRepetition = defineStep({
  name: 'measure-repetition',
  version: 1,
  summary: 'Share of the runs of tokens that a prompt has twice',
  device: 'light',
  params: z.object({ length: z.number().int().min(1).max(100).default(2).describe('tokens in a run') }),
  inputs: { prompts: { type: promptType, reads: 'each', description: 'rendered prompts' } },
  outputs: { repetition: repetitionType },
  axes: { prompt: { from: 'prompts' } },
  shardUnits: 1000,
  describe: (units) => `count ${units.length} prompts`,
  async *run({ params: { length }, units }) {
    for (const unit of units) {
      const { ids } = /** @type {Prompt} */ (await unit.read('prompts'));
      const runs = ids.slice(length - 1).map((_, i) => ids.slice(i, i + length).join(' '));
      const repeated = runs.length - new Set(runs).size;
      const { low, high } = wilsonInterval(repeated, runs.length);
      const row = { tokens: ids.length, repeated: repeated / runs.length, repeatedLow: low, repeatedHigh: high };
      yield { unit, outputs: { repetition: { prompt: unit.coordinates.prompt, ...row } } };
    }
  },
});
