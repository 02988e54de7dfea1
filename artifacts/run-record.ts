// run.json: everything to read, cite and compare a run without the server that ran it. Written by the last activity of a
// run (also of a failed or cancelled one), read by `show`, `runs`, `diff` and the dashboards.
import { z } from 'zod';
import { activationRowSchema } from './activations-record.ts';
import { numericFloorSchema } from './floor-record.ts';

const json: z.ZodType<unknown> = z.unknown();
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const interval = { Low: z.number().nullable(), High: z.number().nullable(), Se: z.number().nullable() };

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

/** Noise at one group of sites alone, or (`everywhere`) at every Linear; per scale and group. */
export const siteNoiseRowSchema = z.object({
  scale: z.number(),
  /** The glob that chooses the group's sites. */
  group: z.string(),
  everywhere: z.boolean(),
  /** null: the group's sites lie in several layers, or in none. */
  layer: z.number().int().nullable(),
  /** The Linear's own name, `q_proj`; null: of several kinds. */
  kind: z.string().nullable(),
  prompts: z.number().int(),
  n: z.number().int(),
  effectiveStd: z.number(),
  effectiveStdLow: interval.Low,
  effectiveStdHigh: interval.High,
  effectiveStdSe: interval.Se,
  alpha: z.number(),
  alphaLow: interval.Low,
  alphaHigh: interval.High,
  alphaSe: interval.Se,
  /** mean(effectiveStd^2) / mean(effectiveStd^2 everywhere); null where that is 0. */
  share: z.number().nullable(),
  shareLow: interval.Low,
  shareHigh: interval.High,
  shareSe: interval.Se,
});
export type SiteNoiseRow = z.infer<typeof siteNoiseRowSchema>;

/** What the groups account for together, per scale: sum over groups of mean(effectiveStd^2) / mean(effectiveStd^2 everywhere). */
export const siteShareRowSchema = z.object({
  scale: z.number(),
  groups: z.number().int(),
  share: z.number().nullable(),
  shareLow: interval.Low,
  shareHigh: interval.High,
  shareSe: interval.Se,
});
export type SiteShareRow = z.infer<typeof siteShareRowSchema>;

/** One draw of noise at one group. */
export interface SiteNoiseDraw {
  readonly prompt: number;
  readonly draw: number;
  readonly scale: number;
  readonly group: string;
  readonly effectiveStd: number;
  readonly effectiveMean: number;
  readonly alpha: number;
}

/** The shipped pipelines' sections; a pipeline that names other sections has them beside these. */
export const resultsSchema = z
  .object({
    calibration: calibrationSchema,
    tBaseUsed: z.number(),
    temperatures: z.array(z.number()),
    effectiveNoise: z.array(effectiveNoiseRowSchema),
    tStar: z.array(tStarRowSchema),
    slope: slopeSchema,
    setup: setupSchema,
    temperatureFit: temperatureFitSchema,
    calibrationScores: calibrationScoresSchema,
    reliability: z.array(reliabilityRowSchema),
    siteNoise: z.array(siteNoiseRowSchema),
    siteShares: z.array(siteShareRowSchema),
    numericFloor: numericFloorSchema,
    activations: z.array(activationRowSchema),
  })
  .partial()
  .loose();
export type Results = z.infer<typeof resultsSchema>;

const rangeSchema = z.object({ median: z.number(), low: z.number(), high: z.number() });

/** What the plan said of a step before the run: units to run, and what they cost, over the runs before. */
export const predictionSchema = z.object({
  units: z.number().int().nonnegative(),
  /** null: no history. */
  price: z
    .object({ seconds: rangeSchema, bytes: rangeSchema, tokens: rangeSchema.nullable(), runs: z.number().int().nonnegative() })
    .nullable(),
});
export type Prediction = z.infer<typeof predictionSchema>;

/** What a step did cost: of the units that it computed. */
export const actualCostSchema = z.object({
  units: z.number().int(),
  seconds: z.number(),
  bytes: z.number(),
  /** Generated tokens. */
  tokens: z.number(),
});

export const nodeRecordSchema = z.object({
  id: z.string(),
  /** The part of a matrix's cell that it depends on; absent where it exists once. */
  cell: z.record(z.string(), z.json()).optional(),
  step: z.string(),
  activity: z.string(),
  queue: z.string(),
  version: z.number().int(),
  params: z.record(z.string(), json),
  inputs: z.record(z.string(), z.object({ node: z.string(), output: z.string(), reads: z.string() })),
  units: z.number().int(),
  hit: z.number().int(),
  computed: z.number().int(),
  /** Both null in runs of before they were recorded. */
  predicted: predictionSchema.nullable().default(null),
  actual: actualCostSchema.nullable().default(null),
  /** Digest of the step's index: sorted [coordinates, outputs]; null where the step did not finish. */
  index: digest.nullable(),
  shards: z.array(
    z.object({ startedAt: z.string(), endedAt: z.string(), units: z.number().int(), attempt: z.number().int(), worker: z.string() }),
  ),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
});
export type NodeRecord = z.infer<typeof nodeRecordSchema>;

const modelSchema = z.object({ name: z.string(), engine: z.string(), origin: z.string() });
const datasetSchema = z.object({
  name: z.string(),
  preference: z.array(z.string()),
  split: z.string(),
  digest: z.string(),
  rows: z.number().int(),
  origin: z.string(),
});
const bosSchema = z.object({ mode: z.string(), doubled: z.boolean() });
const sectionsSchema = z.record(z.string(), z.object({ node: z.string(), output: z.string() }));

/** One cell of a matrix: the pipeline with these values. What all cells share is the run's own. */
export const cellRecordSchema = z.object({
  values: z.record(z.string(), z.json()),
  model: modelSchema.nullable(),
  dataset: datasetSchema.nullable(),
  bos: bosSchema.nullable(),
  warnings: z.array(z.string()),
  sections: sectionsSchema,
  results: resultsSchema,
});
export type CellRecord = z.infer<typeof cellRecordSchema>;

export const runRecordSchema = z.object({
  format: z.literal(1),
  run: z.string(),
  /** Temporal's own id of the execution, for the UI's address. */
  temporalRunId: z.string(),
  namespace: z.string(),
  /** The run in the Temporal UI; null where nobody said where that is. */
  uiAddress: z.string().nullable().default(null),
  pipeline: z.string(),
  description: z.string(),
  status: z.enum(['done', 'failed', 'cancelled']),
  error: z.string().nullable(),
  startedAt: z.string(),
  endedAt: z.string(),
  /** Digest of the plan object; empty where the run failed before it was planned. */
  plan: z.union([digest, z.literal('')]),
  /** Those that a matrix multiplies are in its cells. */
  params: z.record(z.string(), json),
  /** null also where the cells of a matrix have several; so the dataset. */
  model: modelSchema.nullable(),
  dataset: datasetSchema.nullable(),
  bos: bosSchema.nullable(),
  warnings: z.array(z.string()),
  units: z.object({ hit: z.number().int(), computed: z.number().int() }),
  nodes: z.array(nodeRecordSchema),
  /** Which node's output each section of the results is. */
  sections: sectionsSchema,
  results: resultsSchema,
  /** Empty without a matrix. */
  cells: z.array(cellRecordSchema).default([]),
  views: z.array(z.string()),
  versions: z.record(z.string(), z.string()),
  machine: z.record(z.string(), json),
});
export type RunRecord = z.infer<typeof runRecordSchema>;
