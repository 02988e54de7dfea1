// Sections of run.json that a temperature calibration has (temperature-calibration).
import { z } from 'zod';
import { interval } from './interval-fields.ts';

/** A temperature fitted to answers (Guo et al. 2017), given in nats per token. */
export const temperatureFitSchema = z.object({
  temperature: z.number(),
  temperatureLow: interval.Low,
  temperatureHigh: interval.High,
  temperatureSe: interval.Se,
  /** The end of [0.02, 50] that it lies at, where the NLL has no minimum inside. */
  atEnd: z.enum(['low', 'high']).nullable(),
  /** Rows of the prompts that it was fitted on. */
  prompts: z.array(z.number().int()),
  tokens: z.number().int(),
  nllBefore: z.number(),
  nllAfter: z.number(),
});
export type TemperatureFit = z.infer<typeof temperatureFitSchema>;

/** One measure (NLL, ECE, Brier score, accuracy) of the test prompts at T = 1, at the fitted temperature, and what changes. */
export const calibrationMeasureSchema = z.object({
  measure: z.enum(['nll', 'ece', 'brier', 'accuracy']),
  before: z.number(),
  beforeLow: interval.Low,
  beforeHigh: interval.High,
  beforeSe: interval.Se,
  after: z.number(),
  afterLow: interval.Low,
  afterHigh: interval.High,
  afterSe: interval.Se,
  change: z.number(),
  changeLow: interval.Low,
  changeHigh: interval.High,
  changeSe: interval.Se,
});
export type CalibrationMeasure = z.infer<typeof calibrationMeasureSchema>;

export const calibrationScoresSchema = z.object({
  temperature: z.number(),
  prompts: z.number().int(),
  tokens: z.number().int(),
  /** Of the change of the NLL. */
  verdict: z.enum(['helps', 'hurts', 'undecided']),
  measures: z.array(calibrationMeasureSchema),
});
export type CalibrationScoresTable = z.infer<typeof calibrationScoresSchema>;

/** One bin of the reliability diagram, (low, high] of the confidence. */
export const reliabilityRowSchema = z.object({
  state: z.enum(['before', 'after']),
  bin: z.number().int(),
  low: z.number(),
  high: z.number(),
  count: z.number().int(),
  /** Means; null in an empty bin. */
  confidence: z.number().nullable(),
  accuracy: z.number().nullable(),
});
export type ReliabilityRow = z.infer<typeof reliabilityRowSchema>;
