// The step `measure-calibration`: NLL, ECE, Brier score and accuracy of the answers that the temperature was not fitted on, before
// and after it, with intervals over prompts; the bins of the reliability diagram; a row per token.
import { z } from 'zod';
import type { CalibrationMeasure, CalibrationScoresTable, ReliabilityRow, TemperatureFit } from '../artifacts/calibration-record.ts';
import type { NamedTensors } from '../artifacts/codecs.ts';
import { type CalibrationScores, calibrationScores, type Estimate, MEASURES, type ScoredAnswer } from '../numerics/calibration-scores.ts';
import { reliabilityBins } from '../numerics/reliability.ts';
import { changeVerdict } from '../numerics/verdict.ts';
import { defineStep } from '../pipelines/step.ts';
import { answerScoresType, calibrationScoresType, reliabilityType, scoredTokenRowsType, temperatureFitType } from './artifact-types.ts';

interface Answer {
  readonly prompt: number;
  readonly scores: NamedTensors;
}

export const measureCalibration = defineStep({
  name: 'measure-calibration',
  version: 1,
  summary: 'NLL, ECE, Brier score and reliability of the test answers, before and after the fitted temperature',
  device: 'light',
  params: z.object({}),
  inputs: {
    fit: { type: temperatureFitType, reads: 'all', description: 'the fitted temperature; answers that it was fitted on are left out' },
    scores: { type: answerScoresType, reads: 'all', description: 'scores of every answer token' },
  },
  outputs: { table: calibrationScoresType, bins: reliabilityType, rows: scoredTokenRowsType },
  axes: {},
  shardUnits: 1,
  describe: () => 'ECE, NLL and Brier score before and after',
  async *run({ units }) {
    for (const unit of units) {
      const fit = (await unit.readAll<TemperatureFit>('fit'))[0]!.value;
      const fitted = new Set(fit.prompts);
      const answers = (await unit.readAll<NamedTensors>('scores'))
        .map(({ coordinates, value }): Answer => ({ prompt: coordinates.prompt as number, scores: value }))
        .filter(({ prompt }) => !fitted.has(prompt));
      const measured = calibrationScores(answers.map(scoredAnswer));
      yield { unit, outputs: { table: tableOf(measured, fit), bins: binRows(measured), rows: answers.flatMap(tokenRows) } };
    }
  },
});

function scoredAnswer({ prompt, scores }: Answer): ScoredAnswer {
  const side = (name: 'before' | 'after') =>
    Array.from(scores.targets!, (_, i) => ({
      nll: scores[`nll_${name}`]![i]!,
      confidence: scores[`confidence_${name}`]![i]!,
      brier: scores[`brier_${name}`]![i]!,
      correct: scores.correct![i] === 1,
    }));
  return { prompt, before: side('before'), after: side('after') };
}

function tableOf({ prompts, tokens, measures }: CalibrationScores, { temperature, atEnd }: TemperatureFit): CalibrationScoresTable {
  return {
    temperature,
    prompts,
    tokens,
    verdict: atEnd === null ? changeVerdict(measures.nll.change) : 'undecided',
    measures: MEASURES.map((measure): CalibrationMeasure => {
      const { before, after, change } = measures[measure];
      return { measure, ...named('before', before), ...named('after', after), ...named('change', change) };
    }),
  };
}

/** `before`, `beforeLow`, `beforeHigh`, `beforeSe`. */
function named<Name extends string>(name: Name, { value, low, high, se }: Estimate) {
  return { [name]: value, [`${name}Low`]: low, [`${name}High`]: high, [`${name}Se`]: se } as Record<Name, number> &
    Record<`${Name}Low` | `${Name}High` | `${Name}Se`, number | null>;
}

function binRows({ bins }: CalibrationScores): ReliabilityRow[] {
  return (['before', 'after'] as const).flatMap((state) => reliabilityBins(bins[state]).map((bin, i) => ({ state, bin: i, ...bin })));
}

function tokenRows({ prompt, scores }: Answer) {
  return Array.from(scores.targets!, (token, position) => ({
    prompt,
    position,
    token,
    correct: scores.correct![position] === 1,
    nllBefore: scores.nll_before![position]!,
    nllAfter: scores.nll_after![position]!,
    confidenceBefore: scores.confidence_before![position]!,
    confidenceAfter: scores.confidence_after![position]!,
    brierBefore: scores.brier_before![position]!,
    brierAfter: scores.brier_after![position]!,
  }));
}
