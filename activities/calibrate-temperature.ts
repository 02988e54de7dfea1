// The step `calibrate-temperature` (EXPERIMENT.md, step 1): grades sampled responses and finds T_base, the first temperature
// with the highest accuracy. Decoding and extraction happen here, so that a new extractor generates nothing again.
import { z } from 'zod';
import type { Calibration, GradedResponse } from '../artifacts/study-record.ts';
import { wilsonInterval } from '../numerics/intervals.ts';
import { mcnemarExact } from '../numerics/mcnemar.ts';
import { defineStep } from '../pipelines/step.ts';
import { calibrationType, gradedRowsType, questionType, type ResponseArtifact, responseType, temperatureType } from './artifact-types.ts';
import { modelParam, modelSource } from './model-params.ts';

/** Two temperatures whose McNemar p-value is at least this cannot be told apart. */
const SAME_FROM_P = 0.05;

export const calibrateTemperature = defineStep({
  name: 'calibrate-temperature',
  version: 1,
  summary: 'Grades responses and finds the temperature with the highest accuracy',
  device: 'light',
  params: z.object({ model: modelParam }),
  inputs: {
    responses: { type: responseType, reads: 'all', description: 'sampled responses per prompt and temperature' },
    questions: { type: questionType, reads: 'all', description: 'the questions with their answers' },
  },
  outputs: { table: calibrationType, tBase: temperatureType, graded: gradedRowsType },
  axes: {},
  shardUnits: 1,
  identity: ({ model }, sources) => ({ model: modelSource(sources, model).digests.tokenizer }),
  describe: () => 'grade responses, find T_base',
  async *run({ params: { model }, units, sources, services, signal }) {
    const { openTokenizer } = await import('../models/tokenizer.ts');
    const { extractAnswer, extractTruth } = await import('../datasets/answers.ts');
    const { isCorrect } = await import('../datasets/grade.ts');
    const { folder } = await services.modelFiles(modelSource(sources, model), 'tokenizer', signal);
    const tokenizer = await openTokenizer(folder);
    for (const unit of units) {
      const questions = new Map(
        (await unit.readAll<{ question: string; answer: string }>('questions')).map(({ coordinates, value }) => [
          coordinates.prompt,
          value,
        ]),
      );
      const graded = (await unit.readAll<ResponseArtifact>('responses')).map(({ coordinates, value }): GradedResponse => {
        const { question, answer } = questions.get(coordinates.prompt!)!;
        const response = tokenizer.decode(value.ids);
        const [extracted, truth] = [extractAnswer(response), extractTruth(answer)];
        return {
          prompt: coordinates.prompt as number,
          temperature: coordinates.temperature as number,
          question,
          response,
          extracted,
          truth,
          correct: isCorrect(extracted, truth),
          tokens: value.ids.length,
          finish: value.finish,
        };
      });
      const table = calibrate(graded);
      yield { unit, outputs: { table, tBase: table.tBase, graded } };
    }
  },
});

/** The accuracy table of graded responses: Wilson intervals, the first best temperature, and those not told apart from it. */
export function calibrate(graded: readonly Pick<GradedResponse, 'prompt' | 'temperature' | 'correct'>[]): Calibration {
  const temperatures = [...new Set(graded.map((row) => row.temperature))].sort((a, b) => a - b);
  const rows = temperatures.map((temperature) => {
    const here = graded.filter((row) => row.temperature === temperature);
    const [correct, total] = [here.filter((row) => row.correct).length, here.length];
    return { temperature, correct, total, accuracy: correct / total, ...wilsonInterval(correct, total) };
  });
  const best = rows.reduce((first, row) => (row.accuracy > first.accuracy ? row : first));
  const sameAsBest = temperatures.filter((temperature) => {
    const [onlyBest, onlyOther] = discordant(graded, best.temperature, temperature);
    return mcnemarExact(onlyBest, onlyOther) >= SAME_FROM_P;
  });
  return { tBase: best.temperature, identified: sameAsBest.length === 1, sameAsBest, rows };
}

/** Prompts that only the one, and only the other temperature got right. */
function discordant(
  graded: readonly Pick<GradedResponse, 'prompt' | 'temperature' | 'correct'>[],
  one: number,
  other: number,
): [number, number] {
  const correctAt = (temperature: number) =>
    new Map(graded.filter((row) => row.temperature === temperature).map((row) => [row.prompt, row.correct]));
  const [first, second] = [correctAt(one), correctAt(other)];
  const pairs = [...first].filter(([prompt]) => second.has(prompt)).map(([prompt, correct]) => [correct, second.get(prompt)!] as const);
  return [pairs.filter(([a, b]) => a && !b).length, pairs.filter(([a, b]) => !a && b).length];
}
