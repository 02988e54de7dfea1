// The step `capture-sites`: activations of clean passes at the sites that globs choose. Statistics of whole tensors always; their
// numbers at the last position, at all, or not at all.
import { z } from 'zod';
import type { Matrix } from '../artifacts/codecs.ts';
import type { CapturedSite } from '../models/engine.ts';
import { listSiteNames } from '../models/graph/list-site-names.ts';
import { chooseSites, siteProblems } from '../models/graph/site-groups.ts';
import type { Sources } from '../pipelines/sources.ts';
import { defineStep } from '../pipelines/step.ts';
import { activationsType, promptType, siteStatisticsType } from './artifact-types.ts';
import { engineEnvironment, engineIdentity, engineParams, modelSource, openStepModel } from './model-params.ts';
import { byPlace, describeAxis, readPrompts } from './units.ts';

const params = z.object({
  ...engineParams,
  sites: z
    .array(z.string().min(1))
    .min(1)
    .default(['**'])
    .describe('globs of sites: layers.*.residual, **.down_proj.input, logits (tstar models sites MODEL)'),
  positions: z
    .enum(['last', 'all', 'statistics'])
    .default('statistics')
    .describe('what is kept beside the statistics of each tensor: its last position, all, or nothing; all takes up to 256 MiB a prompt'),
});

export const captureSites = defineStep({
  name: 'capture-sites',
  version: 1,
  summary: 'Captures activations of the clean model at any sites, whole or as statistics',
  device: 'model',
  params,
  inputs: { prompts: { type: promptType, reads: 'each', description: 'token ids' } },
  outputs: { statistics: siteStatisticsType, activations: activationsType },
  axes: { prompt: { from: 'prompts' } },
  shardUnits: 100,
  // Two globs that choose the same sites are one key.
  identity: (given, sources) => ({ ...engineIdentity(given, sources), sites: sitesOf(given, sources) }),
  environment: (given, sources) => engineEnvironment('captureSites', { capture: sitesOf(given, sources), noise: [] })(given, sources),
  check: ({ model, sites }, sources) => siteProblems(listSiteNames(modelSource(sources, model)), sites),
  describe: (units) => `capture sites, ${describeAxis(units, 'prompt')}`,
  async *run(call) {
    const session = await openStepModel(call);
    const place = byPlace(call.units, ['prompt']);
    const prompts = await readPrompts(call.units);
    const request = { sites: sitesOf(call.params, call.sources), positions: call.params.positions, prompts };
    for await (const captured of session.captureSites(request, { signal: call.signal, progress: (note) => call.progress({ note }) })) {
      const statistics = captured.sites.map(({ values, ...row }) => row);
      yield { unit: place(captured), outputs: { statistics, activations: matrices(captured.sites) } };
    }
  },
});

function sitesOf({ model, sites }: { readonly model: string; readonly sites: readonly string[] }, sources: Sources): string[] {
  return chooseSites(listSiteNames(modelSource(sources, model)), sites);
}

/** [width] of the last position, [positions, width] of all. */
function matrices(sites: readonly CapturedSite[]): Record<string, Matrix> {
  const kept = sites.flatMap(({ site, width, values }) => (values === undefined ? [] : [{ site, width, values }]));
  return Object.fromEntries(
    kept.map(({ site, width, values }) => [site, { values, shape: values.length === width ? [width] : [values.length / width, width] }]),
  );
}
