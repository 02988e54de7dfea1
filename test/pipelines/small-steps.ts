// A small catalogue for tests of the language: one step of every kind of axis, input and param.
import { z } from 'zod';
import { jsonType } from '../../artifacts/codecs.ts';
import { digestOf } from '../../artifacts/digest.ts';
import type { Json } from '../../pipelines/plan.ts';
import { datasetRequest, type ModelSource, type Sources } from '../../pipelines/sources.ts';
import { defineStep, type StepDefinition } from '../../pipelines/step.ts';

const question = jsonType('question', z.string(), 'a question');
const state = jsonType('state', z.number(), 'a state');
const temperature = jsonType('temperature', z.number(), 'a temperature');
const table = jsonType('table', z.array(z.number()), 'a table');

async function* runNothing(): AsyncGenerator<never> {}

const model = z.string().describe('a model').meta({ source: 'model' });
const engine = (params: { readonly model: string }, sources: Sources): Record<string, Json> => ({
  model: sources.models[params.model]?.digests.engine ?? '',
});

const load = defineStep({
  name: 'load-questions',
  version: 1,
  summary: 'Loads questions',
  device: 'light',
  params: z.object({
    dataset: z.array(z.string()).min(1).describe('datasets by preference').meta({ source: 'dataset', split: 'split' }),
    split: z.string().default('test').describe('split'),
    offset: z.number().int().min(0).default(0).describe('first row'),
    limit: z.number().int().min(1).describe('rows'),
  }),
  inputs: {},
  outputs: { rows: question },
  axes: { prompt: { range: { offset: 'offset', count: 'limit' } } },
  shardUnits: 100,
  identity: ({ dataset, split }, sources) => ({ dataset: sources.datasets[datasetRequest(dataset, split)]?.digest ?? '' }),
  check: ({ dataset, split, offset, limit }, sources) => {
    const rows = sources.datasets[datasetRequest(dataset, split)]?.rowCount ?? 0;
    return offset + limit <= rows ? [] : [`rows ${offset} to ${offset + limit - 1} were asked for, there are ${rows}`];
  },
  run: runNothing,
});

const capture = defineStep({
  name: 'capture-state',
  version: 1,
  summary: 'Captures a state',
  device: 'model',
  params: z.object({
    model,
    device: z.enum(['cpu', 'cuda']).default('cpu').describe('where'),
    precision: z.enum(['float32']).default('float32'),
  }),
  inputs: { questions: { type: question, reads: 'each', description: 'questions' } },
  outputs: { states: state },
  axes: { prompt: { from: 'questions' } },
  shardUnits: 10,
  identity: engine,
  environment: ({ device }) => ({ provider: device }),
  run: runNothing,
});

const calibrate = defineStep({
  name: 'calibrate',
  version: 1,
  summary: 'Finds a temperature',
  device: 'light',
  params: z.object({ floor: z.number().positive().optional().describe('least') }),
  inputs: { questions: { type: question, reads: 'all', description: 'questions' } },
  outputs: { tBase: temperature, table },
  axes: {},
  shardUnits: 1,
  run: runNothing,
});

const score = defineStep({
  name: 'score-state',
  version: 3,
  summary: 'Scores a state under noise',
  device: 'model',
  params: z.object({
    model,
    device: z.enum(['cpu', 'cuda']).default('cpu').describe('where'),
    noises: z.array(z.number().positive()).min(1).describe('scales'),
    drawCount: z.number().int().min(1).default(3).describe('draws'),
    limit: z.number().int().min(1).optional().describe('first prompts'),
    seed: z.number().int().min(0).default(42).describe('seed'),
    tBase: z.union([z.number().min(0.05), z.literal('calibrate')]).describe('base temperature'),
  }),
  inputs: {
    states: { type: state, reads: 'each', description: 'states' },
    calibration: { type: temperature, reads: 'each', description: 'base', when: ({ tBase }) => tBase === 'calibrate' },
  },
  outputs: { scores: state },
  axes: { prompt: { from: 'states', limit: 'limit' }, draw: { count: 'drawCount' }, noise: { list: 'noises' } },
  shardUnits: 50,
  identity: engine,
  environment: ({ device }) => ({ provider: device }),
  run: runNothing,
});

const summarize = defineStep({
  name: 'summarize',
  version: 1,
  summary: 'Summarizes scores',
  device: 'light',
  params: z.object({}),
  inputs: { scores: { type: state, reads: 'all', description: 'scores' } },
  outputs: { table },
  axes: {},
  shardUnits: 1,
  run: runNothing,
});

export const smallSteps: readonly StepDefinition[] = [load, capture, calibrate, score, summarize];

export const smallPipeline = `
name: small
description: a small pipeline
params:
  model: { type: string, default: tiny }
  dataset: { type: 'string[]', default: [gsm8k, word-problems], minItems: 1 }
  promptOffset: { type: integer, default: 0, minimum: 0 }
  promptCount: { type: integer, default: 4, minimum: 1 }
  drawCount: { type: integer, default: 2, minimum: 1 }
  noises: { type: 'number[]', default: [0.1, 0.2], exclusiveMinimum: 0, minItems: 1 }
  tBase: { type: number | calibrate, default: 0.8, minimum: 0.05 }
  device: { type: cpu | cuda, default: cpu }
  seed: { type: integer, default: 42, minimum: 0 }
steps:
  questions:
    uses: load-questions
    with: { dataset: $params.dataset, offset: $params.promptOffset, limit: $params.promptCount }
  states:
    uses: capture-state
    with: { model: $params.model, questions: $questions.rows, device: $params.device }
  calibration:
    uses: calibrate
    with: { questions: $questions.rows }
  scores:
    uses: score-state
    with:
      model: $params.model
      states: $states.states
      calibration: $calibration.tBase
      noises: $params.noises
      drawCount: $params.drawCount
      seed: $params.seed
      tBase: $params.tBase
      device: $params.device
  summary:
    uses: summarize
    with: { scores: $scores.scores }
results:
  table: $summary.table
  tBase: $calibration.tBase
dashboard:
  views: [alpha]
`;

const modelSource = (name: string): ModelSource => ({
  name,
  config: {},
  digests: { engine: digestOf(`engine ${name}`), tokenizer: digestOf(`tokenizer ${name}`), generation: digestOf(`generation ${name}`) },
  eosIds: [2],
  origin: 'test',
});

/** Sources for whatever is asked for: the first preference, 100 rows. */
export function smallSources(requested: {
  readonly models: readonly string[];
  readonly datasets: readonly { readonly preference: readonly string[]; readonly split: string }[];
}): Sources {
  return {
    models: Object.fromEntries(requested.models.map((name) => [name, modelSource(name)])),
    datasets: Object.fromEntries(
      requested.datasets.map(({ preference, split }) => {
        const name = preference[0]!;
        return [
          datasetRequest(preference, split),
          { name, preference, split, digest: digestOf(`${name} ${split}`), rowCount: 100, origin: 'test' },
        ];
      }),
    ),
  };
}
