// The step `render-answers`: a prompt with its reference answer after it, as token ids. The model will be shown the answer and asked
// for each of its tokens (teacher forcing). The answer's text is tokenized by itself, as it stands in the dataset, and no end of turn
// is added.
import { z } from 'zod';
import { UserError } from '../formats/user-error.ts';
import { defineStep } from '../pipelines/step.ts';
import { answerType, type PromptArtifact, promptType, questionType } from './artifact-types.ts';
import { modelParam, modelSource } from './model-params.ts';

export const renderAnswers = defineStep({
  name: 'render-answers',
  version: 1,
  summary: 'Puts the reference answers after their prompts, as token ids',
  device: 'light',
  params: z.object({ model: modelParam }),
  inputs: {
    questions: { type: questionType, reads: 'each', description: 'the questions with their answers' },
    prompts: { type: promptType, reads: 'each', description: 'the rendered questions' },
  },
  outputs: { ids: answerType },
  axes: { prompt: { from: 'prompts' } },
  shardUnits: 1000,
  identity: ({ model }, sources) => ({ model: modelSource(sources, model).digests.tokenizer }),
  describe: (units) => `render ${units.length} answers`,
  async *run({ params: { model }, units, sources, services, signal }) {
    const { openTokenizer } = await import('../models/tokenizer.ts');
    const { folder } = await services.modelFiles(modelSource(sources, model), 'tokenizer', signal);
    const tokenizer = await openTokenizer(folder);
    for (const unit of units) {
      const { answer } = await unit.read<{ answer: string }>('questions');
      const { ids } = await unit.read<PromptArtifact>('prompts');
      const answerIds = tokenizer.encodeContinuation(answer);
      if (answerIds.length === 0)
        throw new UserError(`row ${unit.coordinates.prompt} has no reference answer (its text is ${JSON.stringify(answer)}): leave it out`);
      yield { unit, outputs: { ids: { ids: [...ids, ...answerIds], start: ids.length } } };
    }
  },
});
