// The step `score-answers`: NLL, confidence, correctness and Brier score of every answer token, at T = 1 and at the fitted
// temperature, from stored hidden states. Another fit scores again without running the layers.
import { z } from 'zod';
import type { NamedTensors } from '../artifacts/codecs.ts';
import type { AnswerScores } from '../models/engine.ts';
import { defineStep } from '../pipelines/step.ts';
import { answerGroup, scoreGroups } from './answer-groups.ts';
import { answerScoresType, answerStateType, temperatureType } from './artifact-types.ts';
import { engineEnvironment, engineIdentity, engineParams, openStepModel } from './model-params.ts';
import { byPlace, describeAxis } from './units.ts';

export const scoreAnswers = defineStep({
  name: 'score-answers',
  version: 1,
  summary: "Scores the model's prediction of every answer token before and after a temperature",
  device: 'model',
  params: z.object(engineParams),
  inputs: {
    states: { type: answerStateType, reads: 'each', description: "hidden states before the answers' tokens" },
    temperature: { type: temperatureType, reads: 'each', single: true, description: 'the fitted temperature' },
  },
  outputs: { scores: answerScoresType },
  axes: { prompt: { from: 'states' } },
  shardUnits: 100,
  identity: engineIdentity,
  environment: engineEnvironment('score'),
  describe: (units) => `score answers of ${describeAxis(units, 'prompt')}`,
  async *run(call) {
    const session = await openStepModel(call);
    const place = byPlace(call.units, ['prompt']);
    const temperature = await call.units[0]!.read<number>('temperature');
    const states = await Promise.all(call.units.map((unit) => unit.read<NamedTensors>('states')));
    const groups = call.units.map((unit, i) => answerGroup(unit.coordinates.prompt as number, states[i]!));
    const targets = new Map(groups.map((group, i) => [group.prompt, states[i]!.targets!]));
    const request = { temperatures: [1, temperature], groups };
    for await (const scores of scoreGroups(session, request, { signal: call.signal, progress: (note) => call.progress({ note }) }))
      yield { unit: place(scores), outputs: { scores: { targets: targets.get(scores.prompt), ...columns(scores) } } };
  },
});

function columns({ byTemperature }: AnswerScores): Record<string, Float64Array> {
  const [before, after] = [byTemperature[0]!, byTemperature[1]!];
  return {
    correct: Float64Array.from(before, ({ correct }) => (correct ? 1 : 0)),
    nll_before: Float64Array.from(before, ({ nll }) => nll),
    nll_after: Float64Array.from(after, ({ nll }) => nll),
    confidence_before: Float64Array.from(before, ({ confidence }) => confidence),
    confidence_after: Float64Array.from(after, ({ confidence }) => confidence),
    brier_before: Float64Array.from(before, ({ brier }) => brier),
    brier_after: Float64Array.from(after, ({ brier }) => brier),
  };
}
