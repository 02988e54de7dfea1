// The artifacts that the steps exchange, each with its codec. A type's name is what compile checks
// references by; changing what one contains is a new version of the steps that write it.
import { z } from 'zod';
import { activationRowSchema } from '../artifacts/activations-record.ts';
import { calibrationScoresSchema, temperatureFitSchema } from '../artifacts/calibration-record.ts';
import { jsonType, matricesType, tableType, tensorsType } from '../artifacts/codecs.ts';
import { floorDifferenceSchema, numericFloorSchema } from '../artifacts/floor-record.ts';
import { siteNoiseRowSchema, siteShareRowSchema } from '../artifacts/site-noise-record.ts';
import { calibrationSchema, effectiveNoiseRowSchema, setupSchema, slopeSchema, tStarRowSchema } from '../artifacts/study-record.ts';

export const questionType = jsonType(
  'question',
  z.object({ question: z.string(), answer: z.string() }),
  'a question with its worked answer',
);

export const promptType = jsonType(
  'prompt',
  z.object({ text: z.string(), ids: z.array(z.number().int()), doubledBos: z.boolean() }),
  'a rendered chat and its token ids',
);
export type PromptArtifact = ReturnType<typeof promptType.decode> extends infer T ? Awaited<T> : never;

export const answerType = jsonType(
  'answer',
  z.object({ ids: z.array(z.number().int()), start: z.number().int().min(1) }),
  'token ids of a prompt and its reference answer, which begins at `start`',
);
export type AnswerArtifact = Awaited<ReturnType<typeof answerType.decode>>;

/** `hidden` [A * D] float32, row-major; `targets` [A] float64. */
export const answerStateType = tensorsType('answer-state', "the LM head's input before each of A answer tokens, and the tokens that came");

/** All [A] float64: `targets`, `correct` (0 or 1), and for `before` (T = 1) and `after` (T fitted) `nll_*`, `confidence_*`, `brier_*`. */
export const answerScoresType = tensorsType('answer-scores', 'how well each token of an answer was predicted, before and after');

export const temperatureFitType = jsonType('temperature-fit', temperatureFitSchema, 'the temperature of the least NLL, with its interval');
export const calibrationScoresType = jsonType(
  'calibration-scores',
  calibrationScoresSchema,
  'NLL, ECE, Brier score and accuracy before and after a temperature',
);
export const reliabilityType = tableType(
  'reliability',
  { state: 'STRING', bin: 'INT32', low: 'DOUBLE', high: 'DOUBLE', count: 'INT32', confidence: 'DOUBLE?', accuracy: 'DOUBLE?' },
  'bins of confidence with their accuracy, before and after',
);
export const scoredTokenRowsType = tableType(
  'scored-token-rows',
  {
    prompt: 'INT32',
    position: 'INT32',
    token: 'INT32',
    correct: 'BOOLEAN',
    nllBefore: 'DOUBLE',
    nllAfter: 'DOUBLE',
    confidenceBefore: 'DOUBLE',
    confidenceAfter: 'DOUBLE',
    brierBefore: 'DOUBLE',
    brierAfter: 'DOUBLE',
  },
  'one row per answer token of the test prompts',
);

export const responseType = jsonType(
  'response',
  z.object({ ids: z.array(z.number().int()), finish: z.enum(['eos', 'length']) }),
  'the new token ids of one sampled response',
);
export type ResponseArtifact = Awaited<ReturnType<typeof responseType.decode>>;

/** `hidden_last` [D] float32; `positions` [1], `hidden_std` [1], `hidden_last_std` [1] float64. */
export const hiddenStateType = tensorsType('hidden-state', "the LM head's input at the last position, with the std of all positions");

/** `hidden_last` [D] float32. */
export const noisyHiddenStateType = tensorsType('noisy-hidden-state', "the LM head's input at the last position of a disturbed pass");

/** Named by site: float32 [width] of the last position or [positions, width]; empty where statistics alone were asked for. */
export const activationsType = matricesType('activations', 'activations by site, of the last position or of all');

const statisticsColumns = {
  site: 'STRING',
  positions: 'INT32',
  width: 'INT32',
  mean: 'DOUBLE',
  std: 'DOUBLE',
  min: 'DOUBLE',
  max: 'DOUBLE',
  rms: 'DOUBLE',
  outliers: 'DOUBLE',
} as const;
/** The std is unbiased; `outliers` is the share of numbers more than 6 std from the mean. */
export const siteStatisticsType = tableType(
  'site-statistics',
  statisticsColumns,
  'one row per site: statistics over all positions and channels of one prompt',
);
export type SiteStatistics = Awaited<ReturnType<typeof siteStatisticsType.decode>>;
export const activationTableType = jsonType('activation-table', z.array(activationRowSchema), 'statistics of each site over prompts');
export const activationRowsType = tableType('activation-rows', { prompt: 'INT32', ...statisticsColumns }, 'one row per prompt and site');

export const siteNoiseType = jsonType('site-noise', z.array(siteNoiseRowSchema), 'effective noise per scale and group of sites');
export const siteSharesType = jsonType('site-shares', z.array(siteShareRowSchema), 'what the groups of sites account for, per scale');
export const siteNoiseRowsType = tableType(
  'site-noise-rows',
  {
    prompt: 'INT32',
    draw: 'INT32',
    scale: 'DOUBLE',
    group: 'STRING',
    effectiveStd: 'DOUBLE',
    effectiveMean: 'DOUBLE',
    alpha: 'DOUBLE',
  },
  'one row per prompt, draw, scale and group of sites',
);

export const floorDifferenceType = jsonType(
  'floor-difference',
  floorDifferenceSchema,
  'what separates logits that were computed in two ways',
);
export const numericFloorType = jsonType('numeric-floor', numericFloorSchema, 'the numeric floor, a row per comparison');
export const floorRowsType = tableType(
  'floor-rows',
  { prompt: 'INT32', comparison: 'STRING', alpha: 'DOUBLE?', max: 'DOUBLE?', rms: 'DOUBLE?' },
  'one row per prompt and comparison',
);

export const headScoreType = jsonType(
  'head-score',
  z.object({
    tBase: z.number(),
    temperatures: z.array(z.number()),
    alpha: z.number(),
    klByTemperature: z.array(z.number()),
    probByTemperature: z.array(z.number()),
    bestTKl: z.number(),
    bestTKlContinuous: z.number(),
    atEnd: z.enum(['low', 'high']).nullable(),
    bestTProb: z.number(),
    cleanLogitsStd: z.number(),
    noisyLogitsStd: z.number(),
    differenceStd: z.number(),
  }),
  'alpha, KL (nats) and probability per temperature of one draw of head noise',
);
export type HeadScoreArtifact = Awaited<ReturnType<typeof headScoreType.decode>>;

export const calibrationType = jsonType('calibration', calibrationSchema, 'accuracy per temperature and T_base');
export const temperatureType = jsonType('temperature', z.number().positive(), 'one temperature');
export const temperaturesType = jsonType('temperatures', z.array(z.number()), 'a grid of temperatures');
export const effectiveNoiseType = jsonType('effective-noise', z.array(effectiveNoiseRowSchema), 'effective noise per scale');
export const tStarType = jsonType('t-star', z.array(tStarRowSchema), 'predicted and best temperatures per noise level');
export const slopeType = jsonType('slope', slopeSchema, 'slope of observed on predicted log temperature');
export const setupType = jsonType('setup', setupSchema, "the study's check of the set-up");

export const gradedRowsType = tableType(
  'graded-rows',
  {
    prompt: 'INT32',
    temperature: 'DOUBLE',
    question: 'STRING',
    response: 'STRING',
    extracted: 'STRING',
    truth: 'STRING',
    correct: 'BOOLEAN',
    tokens: 'INT32',
    finish: 'STRING',
  },
  'one row per graded response',
);
export const effectiveNoiseRowsType = tableType(
  'effective-noise-rows',
  { prompt: 'INT32', draw: 'INT32', scale: 'DOUBLE', effectiveStd: 'DOUBLE', effectiveMean: 'DOUBLE', preservation: 'DOUBLE?' },
  'one row per prompt, draw and scale',
);
export const tStarRowsType = tableType(
  't-star-rows',
  {
    prompt: 'INT32',
    draw: 'INT32',
    noise: 'DOUBLE',
    alpha: 'DOUBLE',
    predicted: 'DOUBLE',
    bestTKl: 'DOUBLE',
    bestTKlContinuous: 'DOUBLE',
    atEnd: 'STRING?',
    bestTProb: 'DOUBLE',
  },
  'one row per prompt, draw and noise level',
);
