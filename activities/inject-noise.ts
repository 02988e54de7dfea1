// The step `inject-noise` (EXPERIMENT.md, step 3): passes with noise at the input of every Linear, or at the sites that globs choose.
// A group of scales of one (prompt, draw) shares a batch, never its numbers: a unit's bits are those that it would have alone.
import { z } from 'zod';
import { listLinears } from '../models/graph/list-linears.ts';
import { listNoiseSites } from '../models/graph/list-site-names.ts';
import { chooseSites, siteProblems } from '../models/graph/site-groups.ts';
import { EVERY_LINEAR } from '../models/graph/sites.ts';
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
  scales: z
    .array(z.number().positive().max(1000))
    .min(1)
    .describe('noise scales, relative to the std of each disturbed tensor (see amplitude)'),
  sites: z
    .array(z.string().min(1))
    .min(1)
    .default([EVERY_LINEAR])
    .describe(
      'globs of the sites that are disturbed, any in front of the logits (tstar models sites MODEL); by default the input of every Linear',
    ),
  amplitude: amplitudeParam,
  drawCount: z.number().int().min(1).max(100_000).default(3).describe('noise draws per prompt'),
  noise: noiseParam,
  seed: seedParam,
});

export const injectNoise = defineStep({
  name: 'inject-noise',
  version: 1,
  summary: 'Disturbs the input of every Linear, or other sites, and captures the hidden state',
  device: 'model',
  params,
  inputs: { prompts: { type: promptType, reads: 'each', description: 'token ids' } },
  outputs: { states: noisyHiddenStateType },
  axes: { prompt: { from: 'prompts' }, draw: { count: 'drawCount' }, scale: { list: 'scales' } },
  shardUnits: 75,
  addedParams: { sites: [EVERY_LINEAR], amplitude: 'relative' },
  // Two globs that choose the same sites are one key.
  identity: (given, sources) => ({ ...engineIdentity(given, sources), sites: [...(otherSites(given, sources) ?? [EVERY_LINEAR])] }),
  environment(given, sources) {
    const sites = otherSites(given, sources);
    if (sites === undefined && given.amplitude === 'relative') return engineEnvironment('inject')(given, sources);
    const noise = sites ?? listLinears(modelSource(sources, given.model));
    return engineEnvironment('inject', { capture: [], noise, amplitude: given.amplitude })(given, sources);
  },
  check: ({ model, sites }, sources) =>
    siteProblems(listNoiseSites(modelSource(sources, model)), sites).map(
      (problem) => `${problem}; noise is at sites in front of the logits, in an export at the inputs of its Linears`,
    ),
  describe: (units) => `noise, ${['scale', 'prompt', 'draw'].map((axis) => describeAxis(units, axis)).join(' ')}`,
  async *run(call) {
    const { seed, noise, amplitude } = call.params;
    const sites = otherSites(call.params, call.sources);
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
      { seed, noise, amplitude, groups, ...(sites === undefined ? {} : { sites }) },
      { signal: call.signal, progress: (note) => call.progress({ note }) },
    )) {
      yield { unit: place(state), outputs: { states: { hidden_last: state.hiddenLast } } };
    }
  },
});

/** The chosen sites; undefined where they are the inputs of all Linears. */
function otherSites({ model, sites }: { readonly model: string; readonly sites: readonly string[] }, sources: Sources) {
  const source = modelSource(sources, model);
  const chosen = chooseSites(listNoiseSites(source), sites);
  return chosen.join() === listLinears(source).join() ? undefined : chosen;
}
