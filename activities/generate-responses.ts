// The step `generate-responses` (EXPERIMENT.md, step 1): sampled responses per prompt and temperature. The uniform behind a
// token is a function of (seed, prompt, replicate, step), so temperatures are paired.
import { z } from 'zod';
import type { GeneratedTokens } from '../models/engine.ts';
import { defineStep, type StepCall } from '../pipelines/step.ts';
import { type PromptArtifact, promptType, responseType } from './artifact-types.ts';
import { engineEnvironment, engineIdentity, engineParams, modelSource, openStepModel, seedParam } from './model-params.ts';
import { byPlace, describeAxis } from './units.ts';

const params = z.object({
  ...engineParams,
  temperatures: z.array(z.number().min(0).max(1000)).min(1).describe('sampling temperatures; 0 is greedy'),
  maxNewTokens: z.number().int().min(1).max(131_072).default(512).describe('longest response in tokens'),
  seed: seedParam,
});

export const generateResponses = defineStep({
  name: 'generate-responses',
  version: 1,
  summary: 'Samples a response per prompt and temperature',
  device: 'model',
  params,
  inputs: { prompts: { type: promptType, reads: 'each', description: 'token ids' } },
  outputs: { ids: responseType },
  axes: { prompt: { from: 'prompts' }, temperature: { list: 'temperatures' } },
  // As many sequences as one batch holds: the weights are read once per step for all of them.
  shardUnits: 80,
  shardsAre: 'batches',
  identity: (given, sources) => ({ ...engineIdentity(given, sources), eos: [...modelSource(sources, given.model).eosIds] }),
  environment: engineEnvironment('generate'),
  describe: (units) => `generate T=${describeAxis(units, 'temperature').slice('temperature '.length)} ${describeAxis(units, 'prompt')}`,
  async *run(call) {
    const { model, seed, maxNewTokens } = call.params;
    const session = await openStepModel(call);
    const place = byPlace(call.units, ['prompt', 'temperature']);
    const sequences = await Promise.all(
      call.units.map(async (unit) => ({
        prompt: unit.coordinates.prompt as number,
        temperature: unit.coordinates.temperature as number,
        ids: (await unit.read<PromptArtifact>('prompts')).ids,
      })),
    );
    const request = { seed, replicate: 0, maxNewTokens, eosIds: modelSource(call.sources, model).eosIds, sequences };
    const progress = tellTokens(call.progress);
    for await (const answer of session.generate(request, { signal: call.signal, progress })) {
      yield { unit: place(answer), outputs: { ids: { ids: [...answer.ids], finish: answer.finish } }, tokens: answer.ids.length };
    }
  },
});

/** Adds the time since the last word before the first token: the prompts are read by then. */
function tellTokens(tell: StepCall<unknown>['progress']): (note: string, tokens?: GeneratedTokens) => void {
  let beganMs = performance.now();
  return (note, tokens) => {
    if (tokens === undefined) return tell({ note });
    if (tokens.done === 0) beganMs = performance.now();
    tell({ note, tokens: { ...tokens, seconds: (performance.now() - beganMs) / 1000 } });
  };
}
