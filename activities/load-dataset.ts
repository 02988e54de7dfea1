// The step `load-dataset`: one artifact per question of a split. The dataset's digest is over its canonical rows, so
// another encoding of the same rows gives the same keys.
import { z } from 'zod';
import { type DatasetSource, datasetRequest, type Sources } from '../pipelines/sources.ts';
import { defineStep } from '../pipelines/step.ts';
import { questionType } from './artifact-types.ts';

const params = z.object({
  dataset: z
    .array(z.string().min(1))
    .min(1)
    .describe('datasets in the order of preference: the first that can be had is used; one alone never falls back')
    .meta({ source: 'dataset', split: 'split' }),
  split: z.string().default('test').describe('split of the dataset'),
  offset: z.number().int().min(0).max(1_000_000_000).default(0).describe('row of the first question'),
  limit: z.number().int().min(1).max(1_000_000).describe('how many questions'),
});

export const loadDataset = defineStep({
  name: 'load-dataset',
  version: 1,
  summary: 'Loads questions with their worked answers',
  device: 'light',
  params,
  inputs: {},
  outputs: { rows: questionType },
  axes: { prompt: { range: { offset: 'offset', count: 'limit' } } },
  shardUnits: 1000,
  identity: ({ dataset, split }, sources) => ({ dataset: sourceOf(sources, dataset, split).digest }),
  check: ({ dataset, split, offset, limit }, sources) => {
    const { name, rowCount } = sourceOf(sources, dataset, split);
    const last = offset + limit;
    if (last <= rowCount) return [];
    return [
      `rows ${offset} to ${last - 1} were asked for, ${name} ${split} has ${rowCount} (0 to ${rowCount - 1}): lower promptOffset or promptCount`,
    ];
  },
  describe: (units) => `load ${units.length} questions`,
  async *run({ params: { dataset, split }, units, sources, services, signal }) {
    const { questionHub } = await import('../datasets/question-hub.ts');
    const { loadQuestions } = await import('../datasets/load-questions.ts');
    const source = sourceOf(sources, dataset, split);
    const rows = await loadQuestions(source, { hub: questionHub(services.hub), signal });
    for (const unit of units) {
      const { question, answer } = rows[unit.coordinates.prompt as number]!;
      yield { unit, outputs: { rows: { question, answer } } };
    }
  },
});

function sourceOf(sources: Sources, preference: readonly string[], split: string): DatasetSource {
  const source = sources.datasets[datasetRequest(preference, split)];
  if (source === undefined) throw new Error(`dataset ${datasetRequest(preference, split)} was not resolved before compile`);
  return source;
}
