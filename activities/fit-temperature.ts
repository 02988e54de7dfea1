// The step `fit-temperature`: temperature scaling (Guo et al. 2017). The one T that minimizes the mean NLL of the answers' tokens, on
// the rows of the dataset that `fitEvery` chooses; the other rows are for testing it. Newton's steps each take the head once over all
// answers.
import { z } from 'zod';
import type { TemperatureFit } from '../artifacts/calibration-record.ts';
import type { NamedTensors } from '../artifacts/codecs.ts';
import { UserError } from '../formats/user-error.ts';
import { type PromptSlope, searchTemperature, temperatureInterval, totalSlope } from '../numerics/fit-temperature.ts';
import { defineStep } from '../pipelines/step.ts';
import { type AnswerGroup, answerGroup, scoreGroups } from './answer-groups.ts';
import { answerStateType, temperatureFitType, temperatureType } from './artifact-types.ts';
import { engineEnvironment, engineIdentity, engineParams, openStepModel } from './model-params.ts';

const params = z.object({
  ...engineParams,
  fitEvery: z
    .number()
    .int()
    .min(2)
    .max(1_000_000)
    .default(2)
    .describe('rows of the dataset whose number is a multiple of this fit the temperature; the others test it (2: every other row)'),
});

export const fitTemperature = defineStep({
  name: 'fit-temperature',
  version: 1,
  summary: 'Fits the temperature of the least NLL on one part of the answers',
  device: 'model',
  params,
  inputs: { states: { type: answerStateType, reads: 'all', description: "hidden states before the answers' tokens" } },
  outputs: { fit: temperatureFitType, temperature: temperatureType },
  axes: {},
  shardUnits: 1,
  identity: engineIdentity,
  environment: engineEnvironment('score'),
  describe: () => 'fit the temperature',
  async *run(call) {
    const session = await openStepModel(call);
    for (const unit of call.units) {
      const states = await unit.readAll<NamedTensors>('states');
      const groups = states.map(({ coordinates, value }) => answerGroup(coordinates.prompt as number, value));
      const { fitting, problem } = splitAnswers(groups, call.params.fitEvery);
      if (problem !== undefined) throw new UserError(problem);
      const fit = await fitAnswers(fitting, (temperature) => {
        const progress = (note: string) => call.progress({ note: `T = ${temperature.toFixed(4)}: ${note}` });
        return scoreGroups(session, { temperatures: [temperature], groups: fitting }, { signal: call.signal, progress });
      });
      if (fit.atEnd !== null)
        call.warn(`the NLL of the ${fit.prompts.length} answers has no minimum between T = 0.02 and 50: T = ${fit.temperature} is an end`);
      yield { unit, outputs: { fit, temperature: fit.temperature } };
    }
  },
});

/** Which answers fit, by their rows; a problem where either part is empty. */
export function splitAnswers<Answer extends { readonly prompt: number }>(
  answers: readonly Answer[],
  fitEvery: number,
): { readonly fitting: readonly Answer[]; readonly problem?: string } {
  const fitting = answers.filter(({ prompt }) => prompt % fitEvery === 0);
  if (fitting.length > 0 && fitting.length < answers.length) return { fitting };
  const rows = answers.map(({ prompt }) => prompt).sort((a, b) => a - b);
  const part = fitting.length === 0 ? `no row to fit (multiples of fitEvery = ${fitEvery})` : `no row to test (no multiple of ${fitEvery})`;
  return { fitting, problem: `rows ${rows[0]} to ${rows.at(-1)} leave ${part}: raise promptCount to at least ${fitEvery}` };
}

type Scores = AsyncIterable<{
  readonly prompt: number;
  readonly byTemperature: readonly (readonly { readonly nll: number; readonly gradient: number; readonly curvature: number }[])[];
}>;

/** Follows the search from T = 1; the interval is taken from the slopes of its last look, within 1e-7 of the fit. */
async function fitAnswers(fitting: readonly AnswerGroup[], scoreAt: (temperature: number) => Scores): Promise<TemperatureFit> {
  const tokens = fitting.reduce((sum, { targets }) => sum + targets.length, 0);
  const search = searchTemperature();
  let asked = search.next();
  let nllBefore: number | undefined;
  let [nllAfter, slopes]: [number, PromptSlope[]] = [0, []];
  while (!asked.done) {
    const looked = await lookAt(scoreAt(asked.value));
    slopes = looked.slopes;
    nllAfter = looked.nll / tokens;
    nllBefore ??= nllAfter;
    asked = search.next(totalSlope(slopes));
  }
  const { temperature, atEnd } = asked.value;
  const { low, high, se } = atEnd === null ? temperatureInterval(temperature, slopes) : { low: null, high: null, se: null };
  return {
    temperature,
    temperatureLow: low,
    temperatureHigh: high,
    temperatureSe: se,
    atEnd,
    prompts: fitting.map(({ prompt }) => prompt),
    tokens,
    nllBefore: nllBefore!,
    nllAfter,
  };
}

async function lookAt(scores: Scores): Promise<{ readonly nll: number; readonly slopes: PromptSlope[] }> {
  const slopes: PromptSlope[] = [];
  let nll = 0;
  for await (const { prompt, byTemperature } of scores) {
    const total = (field: 'nll' | 'gradient' | 'curvature') => byTemperature[0]!.reduce((sum, token) => sum + token[field], 0);
    nll += total('nll');
    slopes.push({ prompt, gradient: total('gradient'), curvature: total('curvature') });
  }
  return { nll, slopes };
}
