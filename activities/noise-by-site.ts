// The step `noise-by-site`: step 3's noise at one group of Linears at a time, and at all of them. A unit's group is the glob of its
// sites, so that a key says where the noise was, however the groups were made. Groups of one (prompt, draw) share batches.
import { z } from 'zod';
import { listLinears } from '../models/graph/list-linears.ts';
import { groupProblems, groupSites } from '../models/graph/site-groups.ts';
import { EVERY_LINEAR } from '../models/graph/sites.ts';
import { absoluteNoise } from '../models/inject-by-site.ts';
import type { Sources } from '../pipelines/sources.ts';
import { defineStep } from '../pipelines/step.ts';
import { noisyHiddenStateType, type PromptArtifact, promptType } from './artifact-types.ts';
import {
  amplitudeParam,
  engineEnvironment,
  engineIdentity,
  engineParams,
  modelSource,
  noiseParam,
  openStepModel,
  seedParam,
} from './model-params.ts';
import { byPlace, describeAxis, groupUnits } from './units.ts';

const params = z.object({
  ...engineParams,
  groupBy: z
    .array(z.string().min(1))
    .min(1)
    .default(['site'])
    .describe(
      'site, layer or kind (each makes groups of all Linears), or globs of Linear inputs, each a group; all Linears at once are added',
    ),
  scales: z
    .array(z.number().positive().max(1000))
    .min(1)
    .describe("noise scales, relative to the std of each Linear's input (see amplitude)"),
  drawCount: z.number().int().min(1).max(100_000).default(1).describe('noise draws per prompt'),
  noise: noiseParam,
  amplitude: amplitudeParam,
  seed: seedParam,
});

export const noiseBySite = defineStep({
  name: 'noise-by-site',
  version: 1,
  summary: 'Disturbs one group of Linears at a time and captures the hidden state',
  device: 'model',
  params,
  inputs: { prompts: { type: promptType, reads: 'each', description: 'token ids' } },
  outputs: { states: noisyHiddenStateType },
  axes: {
    prompt: { from: 'prompts' },
    draw: { count: 'drawCount' },
    scale: { list: 'scales' },
    group: {
      chosenBy: 'groupBy',
      values: ({ model, groupBy }, sources) => [
        ...new Set([...groupSites(linearsOf(model as string, sources), groupBy as string[]), EVERY_LINEAR]),
      ],
    },
  },
  shardUnits: 150,
  addedParams: { amplitude: 'relative' },
  identity: engineIdentity,
  environment: (given, sources) => {
    const linears = linearsOf(given.model, sources);
    return engineEnvironment('injectBySite', given.amplitude === 'absolute' ? absoluteNoise(linears) : undefined)(given, sources);
  },
  check: ({ model, groupBy }, sources) => groupProblems(linearsOf(model, sources), groupBy),
  describe: (units) =>
    `noise at ${new Set(units.map(({ group }) => group)).size} groups of sites, ${['scale', 'prompt', 'draw'].map((axis) => describeAxis(units, axis)).join(' ')}`,
  async *run(call) {
    const { seed, noise, amplitude } = call.params;
    const session = await openStepModel(call);
    const place = byPlace(call.units, ['prompt', 'draw', 'scale', 'group']);
    const groups = await Promise.all(
      groupUnits(call.units, ['prompt', 'draw']).map(async (units) => ({
        prompt: units[0]!.coordinates.prompt as number,
        draw: units[0]!.coordinates.draw as number,
        ids: (await units[0]!.read<PromptArtifact>('prompts')).ids,
        members: units.map(({ coordinates }) => ({ sites: coordinates.group as string, scale: coordinates.scale as number })),
      })),
    );
    for await (const { sites, ...state } of session.injectBySite(
      { seed, noise, amplitude, groups },
      { signal: call.signal, progress: (note) => call.progress({ note }) },
    )) {
      yield { unit: place({ ...state, group: sites }), outputs: { states: { hidden_last: state.hiddenLast } } };
    }
  },
});

function linearsOf(model: string, sources: Sources): readonly string[] {
  return listLinears(modelSource(sources, model));
}
