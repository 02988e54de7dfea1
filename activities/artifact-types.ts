// The artifacts that the steps of the study exchange, each with its codec. A type's name is what compile checks
// references by; changing what one contains is a new version of the steps that write it.
import { z } from 'zod';
import { jsonType, tableType, tensorsType } from '../artifacts/codecs.ts';
import { calibrationSchema, effectiveNoiseRowSchema, setupSchema, slopeSchema, tStarRowSchema } from '../artifacts/run-record.ts';

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
