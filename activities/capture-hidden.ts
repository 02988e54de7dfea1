// The step `capture-hidden` (EXPERIMENT.md, step 2): the LM head's input of a clean pass, one prompt at a time.
import { z } from 'zod';
import { defineStep } from '../pipelines/step.ts';
import { hiddenStateType, promptType } from './artifact-types.ts';
import { engineEnvironment, engineIdentity, engineParams, openStepModel } from './model-params.ts';
import { byPlace, describeAxis, readPrompts } from './units.ts';

export const captureHidden = defineStep({
  name: 'capture-hidden',
  version: 1,
  summary: "Captures the LM head's input of the clean model",
  device: 'model',
  params: z.object(engineParams),
  inputs: { prompts: { type: promptType, reads: 'each', description: 'token ids' } },
  outputs: { states: hiddenStateType },
  axes: { prompt: { from: 'prompts' } },
  shardUnits: 100,
  identity: engineIdentity,
  environment: engineEnvironment('capture'),
  describe: (units) => `capture ${describeAxis(units, 'prompt')}`,
  async *run(call) {
    const session = await openStepModel(call);
    const place = byPlace(call.units, ['prompt']);
    const prompts = await readPrompts(call.units);
    for await (const state of session.capture({ prompts }, { signal: call.signal, progress: (note) => call.progress({ note }) })) {
      const value = {
        hidden_last: state.hiddenLast,
        positions: Float64Array.of(state.positions),
        hidden_std: Float64Array.of(state.hiddenStd),
        hidden_last_std: Float64Array.of(state.hiddenLastStd),
      };
      yield { unit: place(state), outputs: { states: value } };
    }
  },
});
