// Sections of run.json that the study "Effective noise at the LM head" has (effective-noise): means with their intervals, and the rows
// behind them, which are artifacts of their own.
import { z } from 'zod';
import { interval } from './interval-fields.ts';

export const calibrationSchema = z.object({
  tBase: z.number(),
  identified: z.boolean(),
  /** Temperatures that the exact McNemar test does not tell apart from tBase, tBase among them. */
  sameAsBest: z.array(z.number()),
  rows: z.array(
    z.object({
      temperature: z.number(),
      correct: z.number().int(),
      total: z.number().int(),
      accuracy: z.number(),
      low: z.number(),
      high: z.number(),
    }),
  ),
});
export type Calibration = z.infer<typeof calibrationSchema>;

export const effectiveNoiseRowSchema = z.object({
  scale: z.number(),
  prompts: z.number().int(),
  n: z.number().int(),
  effectiveStd: z.number(),
  effectiveStdSd: z.number(),
  effectiveStdLow: interval.Low,
  effectiveStdHigh: interval.High,
  effectiveStdSe: interval.Se,
  effectiveMean: z.number(),
  effectiveMeanSd: z.number(),
  effectiveMeanLow: interval.Low,
  effectiveMeanHigh: interval.High,
  effectiveMeanSe: interval.Se,
  /** The effective mean's interval excludes zero. */
  biased: z.boolean(),
  /** A ratio; null where std(h) is 0 everywhere. */
  preservation: z.number().nullable(),
  preservationLow: interval.Low,
  preservationHigh: interval.High,
  preservationSe: interval.Se,
});
export type EffectiveNoiseRow = z.infer<typeof effectiveNoiseRowSchema>;

export const tStarRowSchema = z.object({
  noise: z.number(),
  prompts: z.number().int(),
  n: z.number().int(),
  alpha: z.number(),
  alphaLow: interval.Low,
  alphaHigh: interval.High,
  alphaSe: interval.Se,
  tStar: z.number(),
  tStarLow: interval.Low,
  tStarHigh: interval.High,
  tStarSe: interval.Se,
  bestTKl: z.number(),
  bestTKlLow: interval.Low,
  bestTKlHigh: interval.High,
  bestTKlSe: interval.Se,
  bestTKlContinuous: z.number(),
  bestTKlContinuousLow: interval.Low,
  bestTKlContinuousHigh: interval.High,
  bestTKlContinuousSe: interval.Se,
  /** Draws whose continuous optimum lies at an end of [0.02, 50]. */
  atEnd: z.number().int(),
  bestTProb: z.number(),
  bestTProbLow: interval.Low,
  bestTProbHigh: interval.High,
  bestTProbSe: interval.Se,
  /** Means over draws, one per temperature. */
  klByTemperature: z.array(z.number()),
  probByTemperature: z.array(z.number()),
  /** |tStar - bestTKl| < 0.15, the study's own mark. */
  match: z.boolean(),
  observedMinusPredicted: z.number(),
  observedMinusPredictedLow: interval.Low,
  observedMinusPredictedHigh: interval.High,
  observedMinusPredictedSe: interval.Se,
  verdict: z.enum(['holds', 'fails', 'undecided']),
});
export type TStarRow = z.infer<typeof tStarRowSchema>;

/** Slope of log(observed / tBase) on log(predicted / tBase) over all draws, jackknifed over prompts. */
export const slopeSchema = z.object({
  slope: z.number().nullable(),
  slopeLow: interval.Low,
  slopeHigh: interval.High,
  slopeSe: interval.Se,
});

export const setupSchema = z.object({
  prompt: z.number().int(),
  draw: z.number().int(),
  noise: z.number(),
  /** [S, D] of the first prompt's hidden state. */
  shape: z.tuple([z.number().int(), z.number().int()]),
  hiddenStd: z.number(),
  hiddenLastStd: z.number(),
  cleanLogitsStd: z.number(),
  noisyLogitsStd: z.number(),
  differenceStd: z.number(),
});
export type Setup = z.infer<typeof setupSchema>;

/** One draw of step 3 and of step 4: the rows behind the tables (Parquet artifacts of the table steps). */
export interface EffectiveNoiseDraw {
  readonly prompt: number;
  readonly draw: number;
  readonly scale: number;
  readonly effectiveStd: number;
  readonly effectiveMean: number;
  readonly preservation: number | null;
}
export interface TStarDraw {
  readonly prompt: number;
  readonly draw: number;
  readonly noise: number;
  readonly alpha: number;
  readonly predicted: number;
  readonly bestTKl: number;
  readonly bestTKlContinuous: number;
  readonly atEnd: string | null;
  readonly bestTProb: number;
}
/** One graded response of the calibration. */
export interface GradedResponse {
  readonly prompt: number;
  readonly temperature: number;
  readonly question: string;
  readonly response: string;
  readonly extracted: string;
  readonly truth: string;
  readonly correct: boolean;
  readonly tokens: number;
  readonly finish: string;
}
