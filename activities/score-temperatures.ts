// The step `score-temperatures` (EXPERIMENT.md, step 4): noise at the LM head only, scored over a grid of temperatures from
// stored hidden states. Other temperatures or another T_base score again without running the layers.
import { z } from 'zod';
import type { NamedTensors } from '../artifacts/codecs.ts';
import { temperatureGrid } from '../numerics/temperature-grid.ts';
import { defineStep } from '../pipelines/step.ts';
import { headScoreType, hiddenStateType, temperatureType } from './artifact-types.ts';
import { engineEnvironment, engineIdentity, engineParams, noiseParam, openStepModel, seedParam } from './model-params.ts';
import { byPlace, describeAxis, groupUnits } from './units.ts';

const params = z.object({
  ...engineParams,
  tBase: z
    .union([z.number().min(0.05).max(1000), z.literal('calibrate')])
    .describe("the temperature to undo noise to; calibrate takes the calibration's"),
  temperatureMultiples: z
    .array(z.number().positive().max(1000))
    .min(1)
    .describe('the grid: T_base times each of these, rounded to two decimals'),
  noises: z
    .array(z.number().positive().max(1000))
    .min(1)
    .describe("noise scales at the head, relative to the hidden state's std over the whole prompt"),
  drawCount: z.number().int().min(1).max(100_000).default(3).describe('noise draws per prompt'),
  limit: z.number().int().min(1).max(1_000_000).optional().describe('only the first so many prompts'),
  noise: noiseParam,
  seed: seedParam,
});

export const scoreTemperatures = defineStep({
  name: 'score-temperatures',
  version: 2,
  summary: 'Scores temperatures by KL and probability under noise at the LM head',
  device: 'model',
  params,
  inputs: {
    hidden: { type: hiddenStateType, reads: 'each', description: 'clean hidden states' },
    calibration: {
      type: temperatureType,
      reads: 'each',
      single: true,
      description: 'T_base as calibrated; read only where tBase is calibrate',
      when: ({ tBase }) => tBase === 'calibrate',
    },
  },
  outputs: { scores: headScoreType },
  axes: { prompt: { from: 'hidden', limit: 'limit' }, draw: { count: 'drawCount' }, noise: { list: 'noises' } },
  shardUnits: 600,
  identity: engineIdentity,
  environment: engineEnvironment('score'),
  describe: (units) => `score head noise ${['noise', 'prompt', 'draw'].map((axis) => describeAxis(units, axis)).join(' ')}`,
  async *run(call) {
    const { seed, noise, temperatureMultiples } = call.params;
    const tBase = call.params.tBase === 'calibrate' ? await call.units[0]!.read<number>('calibration') : call.params.tBase;
    const temperatures = temperatureGrid(tBase, temperatureMultiples);
    const session = await openStepModel(call);
    const place = byPlace(call.units, ['prompt', 'draw', 'noise']);
    const groups = await Promise.all(
      groupUnits(call.units, ['prompt', 'draw']).map(async (group) => {
        const state = await group[0]!.read<NamedTensors>('hidden');
        return {
          prompt: group[0]!.coordinates.prompt as number,
          draw: group[0]!.coordinates.draw as number,
          positions: state.positions![0]!,
          hiddenLast: state.hidden_last as Float32Array,
          hiddenStd: state.hidden_std![0]!,
          noises: group.map((unit) => unit.coordinates.noise as number),
        };
      }),
    );
    const request = { seed, noise, tBase, temperatures, groups };
    for await (const answer of session.score(request, { signal: call.signal, progress: (note) => call.progress({ note }) })) {
      const { prompt: _p, draw: _d, noise: _n, ...score } = answer;
      yield { unit: place(answer), outputs: { scores: { tBase, temperatures, ...score } } };
    }
  },
});
