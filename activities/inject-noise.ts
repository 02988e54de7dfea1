// The step `inject-noise` (EXPERIMENT.md, step 3): passes with noise at the input of every Linear. A group of scales of one
// (prompt, draw) shares a batch, never its numbers: a unit's bits are those that it would have alone.
import { z } from 'zod';
import { defineStep } from '../pipelines/step.ts';
import { noisyHiddenStateType, type PromptArtifact, promptType } from './artifact-types.ts';
import { engineEnvironment, engineIdentity, engineParams, noiseParam, openStepModel, seedParam } from './model-params.ts';
import { byPlace, describeAxis, groupUnits } from './units.ts';

const params = z.object({
  ...engineParams,
  scales: z.array(z.number().positive().max(1000)).min(1).describe("noise scales, relative to the std of each Linear's input"),
  drawCount: z.number().int().min(1).max(100_000).default(3).describe('noise draws per prompt'),
  noise: noiseParam,
  seed: seedParam,
});

export const injectNoise = defineStep({
  name: 'inject-noise',
  version: 1,
  summary: 'Disturbs the input of every Linear and captures the hidden state',
  device: 'model',
  params,
  inputs: { prompts: { type: promptType, reads: 'each', description: 'token ids' } },
  outputs: { states: noisyHiddenStateType },
  axes: { prompt: { from: 'prompts' }, draw: { count: 'drawCount' }, scale: { list: 'scales' } },
  shardUnits: 75,
  identity: engineIdentity,
  environment: engineEnvironment('inject'),
  describe: (units) => `noise at every Linear, ${['scale', 'prompt', 'draw'].map((axis) => describeAxis(units, axis)).join(' ')}`,
  async *run(call) {
    const { seed, noise } = call.params;
    const session = await openStepModel(call);
    const place = byPlace(call.units, ['prompt', 'draw', 'scale']);
    const groups = await Promise.all(
      groupUnits(call.units, ['prompt', 'draw']).map(async (group) => ({
        prompt: group[0]!.coordinates.prompt as number,
        draw: group[0]!.coordinates.draw as number,
        ids: (await group[0]!.read<PromptArtifact>('prompts')).ids,
        scales: group.map((unit) => unit.coordinates.scale as number),
      })),
    );
    for await (const state of session.inject(
      { seed, noise, groups },
      { signal: call.signal, progress: (note) => call.progress({ note }) },
    )) {
      yield { unit: place(state), outputs: { states: { hidden_last: state.hiddenLast } } };
    }
  },
});
