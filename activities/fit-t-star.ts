// The step `fit-t-star` (EXPERIMENT.md, step 4 and "What the study leaves out"): per noise level alpha, T* = T_base sqrt(1 +
// alpha), the best temperatures, the study's match mark, and the verdict on observed - predicted; over all draws the slope.
import { z } from 'zod';
import type { TStarDraw, TStarRow } from '../artifacts/study-record.ts';
import { predictedTemperature } from '../numerics/alpha.ts';
import { intervalOverPrompts, tStarInterval } from '../numerics/intervals.ts';
import { mean } from '../numerics/moments.ts';
import { slopeThroughOrigin } from '../numerics/slope.ts';
import { verdict } from '../numerics/verdict.ts';
import { defineStep } from '../pipelines/step.ts';
import {
  type HeadScoreArtifact,
  headScoreType,
  slopeType,
  temperaturesType,
  temperatureType,
  tStarRowsType,
  tStarType,
} from './artifact-types.ts';

/** The study calls it a match when |T* - mean best T (KL)| is below this. */
const MATCH_BELOW = 0.15;

type ScoredDraw = HeadScoreArtifact & { readonly prompt: number; readonly draw: number; readonly noise: number };

export const fitTStar = defineStep({
  name: 'fit-t-star',
  version: 1,
  summary: 'Compares T* = T_base sqrt(1 + alpha) with the best temperatures per noise level',
  device: 'light',
  params: z.object({}),
  inputs: { scores: { type: headScoreType, reads: 'all', description: 'scores per prompt, draw and noise' } },
  outputs: { table: tStarType, slope: slopeType, temperatures: temperaturesType, tBaseUsed: temperatureType, rows: tStarRowsType },
  axes: {},
  shardUnits: 1,
  describe: () => 'T* against the best temperatures',
  async *run({ units }) {
    for (const unit of units) {
      const scores = (await unit.readAll<HeadScoreArtifact>('scores')).map(({ coordinates, value }) => ({
        ...value,
        prompt: coordinates.prompt as number,
        draw: coordinates.draw as number,
        noise: coordinates.noise as number,
      }));
      const { tBase, temperatures } = scores[0]!;
      const points = scores.map((score) => ({
        prompt: score.prompt,
        predicted: predictedTemperature(score.tBase, score.alpha),
        observed: score.bestTKlContinuous,
      }));
      const { slope, low, high, se } = slopeThroughOrigin(points, tBase);
      const outputs = {
        table: fitRows(scores),
        slope: { slope, slopeLow: low, slopeHigh: high, slopeSe: se },
        temperatures,
        tBaseUsed: tBase,
        rows: scores.map(drawRow),
      };
      yield { unit, outputs };
    }
  },
});

/** One row per noise level, levels ascending. */
export function fitRows(scores: readonly ScoredDraw[]): TStarRow[] {
  const noises = [...new Set(scores.map((score) => score.noise))].sort((a, b) => a - b);
  return noises.map((noise) =>
    fitRow(
      noise,
      scores.filter((score) => score.noise === noise),
    ),
  );
}

function fitRow(noise: number, draws: readonly ScoredDraw[]): TStarRow {
  const { tBase, temperatures } = draws[0]!;
  const over = (value: (draw: ScoredDraw) => number, options?: { readonly minimum: number }) =>
    intervalOverPrompts(
      draws.map((draw) => ({ prompt: draw.prompt, value: value(draw) })),
      options,
    );
  const alpha = over((draw) => draw.alpha, { minimum: 0 });
  const tStar = predictedTemperature(tBase, alpha.mean);
  const tStarRange = tStarInterval(tBase, alpha);
  const [grid, continuous, prob] = [over((draw) => draw.bestTKl), over((draw) => draw.bestTKlContinuous), over((draw) => draw.bestTProb)];
  const difference = over((draw) => draw.bestTKlContinuous - predictedTemperature(tBase, draw.alpha));
  const atEnd = draws.filter((draw) => draw.atEnd !== null).length;
  return {
    noise,
    prompts: new Set(draws.map((draw) => draw.prompt)).size,
    n: draws.length,
    alpha: alpha.mean,
    alphaLow: alpha.low,
    alphaHigh: alpha.high,
    alphaSe: alpha.se,
    tStar,
    tStarLow: tStarRange.low,
    tStarHigh: tStarRange.high,
    tStarSe: tStarRange.se,
    bestTKl: grid.mean,
    bestTKlLow: grid.low,
    bestTKlHigh: grid.high,
    bestTKlSe: grid.se,
    bestTKlContinuous: continuous.mean,
    bestTKlContinuousLow: continuous.low,
    bestTKlContinuousHigh: continuous.high,
    bestTKlContinuousSe: continuous.se,
    atEnd,
    bestTProb: prob.mean,
    bestTProbLow: prob.low,
    bestTProbHigh: prob.high,
    bestTProbSe: prob.se,
    klByTemperature: temperatures.map((_, i) => mean(draws.map((draw) => draw.klByTemperature[i]!))),
    probByTemperature: temperatures.map((_, i) => mean(draws.map((draw) => draw.probByTemperature[i]!))),
    match: Math.abs(tStar - grid.mean) < MATCH_BELOW,
    observedMinusPredicted: difference.mean,
    observedMinusPredictedLow: difference.low,
    observedMinusPredictedHigh: difference.high,
    observedMinusPredictedSe: difference.se,
    verdict: verdict(difference, { atEnd }),
  };
}

/** What one draw tells: a row of the Parquet table. */
export function drawRow(score: ScoredDraw): TStarDraw {
  const { prompt, draw, noise, alpha, bestTKl, bestTKlContinuous, atEnd, bestTProb } = score;
  return {
    prompt,
    draw,
    noise,
    alpha,
    predicted: predictedTemperature(score.tBase, score.alpha),
    bestTKl,
    bestTKlContinuous,
    atEnd,
    bestTProb,
  };
}
