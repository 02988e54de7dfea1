// The step `render-prompts`: question -> chat template -> text -> token ids, as the study did it: the rendered text is
// tokenized like any text, so a tokenizer that adds BOS by itself gives it twice where the template writes it too.
import { z } from 'zod';
import { defineStep } from '../pipelines/step.ts';
import { promptType, questionType } from './artifact-types.ts';
import { modelParam, modelSource } from './model-params.ts';

const params = z.object({
  model: modelParam,
  bos: z
    .enum(['study', 'single'])
    .default('study')
    .describe('study: keep a second BOS that tokenizer and template both write; single: keep one'),
});

export const renderPrompts = defineStep({
  name: 'render-prompts',
  version: 2,
  summary: 'Renders questions through the chat template and tokenizes them',
  device: 'light',
  params,
  inputs: { questions: { type: questionType, reads: 'each', description: 'the questions' } },
  outputs: { ids: promptType },
  axes: { prompt: { from: 'questions' } },
  shardUnits: 1000,
  identity: ({ model }, sources) => ({ model: modelSource(sources, model).digests.tokenizer }),
  describe: (units) => `render ${units.length} prompts`,
  async *run({ params: { model, bos }, units, sources, services, signal, warn }) {
    const { openTokenizer } = await import('../models/tokenizer.ts');
    const { renderPrompt } = await import('../models/render-prompt.ts');
    const { promptMessages } = await import('../datasets/prompts.ts');
    const { folder } = await services.modelFiles(modelSource(sources, model), 'tokenizer', signal);
    const tokenizer = await openTokenizer(folder);
    for (const unit of units) {
      const { question } = await unit.read<{ question: string }>('questions');
      const prompt = renderPrompt({ tokenizer, messages: promptMessages(question), bos });
      if (prompt.doubledBos)
        warn(
          'prompts begin with two BOS tokens, as in the study (the tokenizer and the chat template both write one); --set bos=single keeps one',
        );
      yield { unit, outputs: { ids: prompt } };
    }
  },
});
