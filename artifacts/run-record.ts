// run.json: everything to read, cite and compare a run without the server that ran it. Written by the last activity of a
// run (also of a failed or cancelled one), read by `show`, `runs`, `diff` and the dashboards.
import { z } from 'zod';
import { activationRowSchema } from './activations-record.ts';
import { calibrationScoresSchema, reliabilityRowSchema, temperatureFitSchema } from './calibration-record.ts';
import { numericFloorSchema } from './floor-record.ts';
import { parsedObject } from './parsed-json.ts';
import { siteNoiseRowSchema, siteShareRowSchema } from './site-noise-record.ts';
import { calibrationSchema, effectiveNoiseRowSchema, setupSchema, slopeSchema, tStarRowSchema } from './study-record.ts';

const json: z.ZodType<unknown> = z.unknown();
const digest = z.string().regex(/^[0-9a-f]{64}$/);
/** ISO 8601 in UTC: dates are compared as text, and pages reckon with them. */
const time = z.iso.datetime();

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

/** Over runs; all three are the same where there was one. */
const rangeSchema = z.object({ median: z.number(), low: z.number(), high: z.number() });
export type Range = Readonly<z.infer<typeof rangeSchema>>;

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
  cell: parsedObject.optional(),
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
  shards: z.array(z.object({ startedAt: time, endedAt: time, units: z.number().int(), attempt: z.number().int(), worker: z.string() })),
  startedAt: time.nullable(),
  endedAt: time.nullable(),
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
  values: parsedObject,
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
  startedAt: time,
  endedAt: time,
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
