// Questions to ids on the model of the default pipeline, against PyTorch's reference: text and ids of three prompts, the
// lengths of the ten that the study's tables were made from, and the text of the greedy tokens.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { promptMessages } from '../../datasets/prompts.ts';
import { readQuestionFiles } from '../../datasets/question-file.ts';
import { renderPrompt } from '../../models/render-prompt.ts';
import { openTokenizer, type Tokenizer } from '../../models/tokenizer.ts';

const mirror = process.env.TSTAR_MIRRORS?.split(',')[0] ?? 'no mirror';
const referenceFile = resolve(mirror, '../fixtures/smollm2-reference.json');
const modelFolder = process.env.TSTAR_TEST_SMOLLM2 ?? 'no model';
const lacks = [referenceFile, join(modelFolder, 'tokenizer.json')].filter((file) => !existsSync(file));

interface Reference {
  prompts: { index: number; text: string; inputIds: number[]; greedy: number[]; greedyText: string }[];
  study: { promptTokens: number[] };
}

const title = `SmolLM2-135M-Instruct${lacks.length > 0 ? ` (skipped, lacks ${lacks.join(', ')}; TSTAR_TEST_SMOLLM2 names the converted model's folder)` : ''}`;

describe.skipIf(lacks.length > 0)(title, () => {
  let tokenizer: Tokenizer;
  let reference: Reference;
  let questions: readonly string[];
  beforeAll(async () => {
    tokenizer = await openTokenizer(modelFolder);
    reference = JSON.parse(readFileSync(referenceFile, 'utf8')) as Reference;
    const rows = await readQuestionFiles([join(mirror, 'datasets/openai/gsm8k/main/test-00000-of-00001.parquet')]);
    questions = rows.map(({ question }) => question);
  });

  test('the prompts are the reference’s, text and ids', () => {
    for (const { index, text, inputIds } of reference.prompts) {
      const prompt = renderPrompt({ tokenizer, messages: promptMessages(questions[index] ?? ''), bos: 'study' });
      expect(prompt).toEqual({ text, ids: inputIds, doubledBos: false });
    }
  });

  test('the study’s ten prompts have as many tokens as in Python', () => {
    const lengths = reference.study.promptTokens.map(
      (_, index) => renderPrompt({ tokenizer, messages: promptMessages(questions[index] ?? ''), bos: 'study' }).ids.length,
    );
    expect(lengths).toEqual(reference.study.promptTokens);
  });

  test('the greedy tokens decode to the reference’s text', () => {
    for (const { greedy, greedyText } of reference.prompts) expect(tokenizer.decode(greedy)).toBe(greedyText);
  });

  test('every question comes back from its ids', () => {
    for (const question of questions) expect(tokenizer.decode(tokenizer.encode(question))).toBe(question);
  });
});
