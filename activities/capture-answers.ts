// The step `capture-answers`: the LM head's input before every token of a reference answer, from one pass over prompt and answer.
// Logits follow from it at any temperature, so that the vocabulary is never stored.
import { z } from 'zod';
import { defineStep } from '../pipelines/step.ts';
import { type AnswerArtifact, answerStateType, answerType } from './artifact-types.ts';
import { engineEnvironment, engineIdentity, engineParams, openStepModel } from './model-params.ts';
import { byPlace, describeAxis } from './units.ts';

export const captureAnswers = defineStep({
  name: 'capture-answers',
  version: 1,
  summary: "Captures the LM head's input before every token of the reference answers",
  device: 'model',
  params: z.object(engineParams),
  inputs: { answers: { type: answerType, reads: 'each', description: 'token ids of prompts with their answers' } },
  outputs: { states: answerStateType },
  axes: { prompt: { from: 'answers' } },
  shardUnits: 50,
  identity: engineIdentity,
  environment: engineEnvironment('capture'),
  describe: (units) => `capture answers of ${describeAxis(units, 'prompt')}`,
  async *run(call) {
    const session = await openStepModel(call);
    const place = byPlace(call.units, ['prompt']);
    const answers = await Promise.all(
      call.units.map(async (unit) => ({ prompt: unit.coordinates.prompt as number, ...(await unit.read<AnswerArtifact>('answers')) })),
    );
    const targets = new Map(answers.map(({ prompt, ids, start }) => [prompt, Float64Array.from(ids.slice(start))]));
    // The last token predicts nothing that is known; the position before the answer predicts its first token.
    const prompts = answers.map(({ prompt, ids, start }) => ({ prompt, ids: ids.slice(0, -1), keepFrom: start - 1 }));
    for await (const state of session.capture({ prompts }, { signal: call.signal, progress: (note) => call.progress({ note }) }))
      yield { unit: place(state), outputs: { states: { hidden: state.hidden, targets: targets.get(state.prompt) } } };
  },
});
