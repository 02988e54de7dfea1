// The shipped questions: the readable source and the Parquet file agree, the catalogue's digest is theirs, every row has an answer.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { extractAnswer, extractTruth } from '../../datasets/answers.ts';
import { type Question, rowsDigest } from '../../datasets/canonical-rows.ts';
import { catalog } from '../../datasets/catalog.ts';
import { isCorrect } from '../../datasets/grade.ts';
import { readQuestionFiles } from '../../datasets/question-file.ts';

const folder = resolve(import.meta.dirname, '../../datasets/word-problems');
const lines = readFileSync(resolve(folder, 'test.jsonl'), 'utf8').trimEnd().split('\n');
const source = lines.map((line) => JSON.parse(line) as Question);

test('make-parquet.mjs makes the shipped bytes', () => {
  expect(() => execFileSync(process.execPath, [resolve(folder, 'make-parquet.mjs'), '--check'])).not.toThrow();
});

test('the Parquet file holds the readable rows, and the catalogue knows them', async () => {
  const rows = await readQuestionFiles([resolve(folder, 'test.parquet')]);
  expect(rows).toEqual(source);
  expect(catalog['word-problems']?.splits.test).toEqual({
    file: 'word-problems/test.parquet',
    rowCount: rows.length,
    digest: rowsDigest(rows),
  });
  expect(rows.length).toBeGreaterThanOrEqual(40);
  expect(new Set(rows.map(({ question }) => question)).size).toBe(rows.length);
});

test.each(source)('$question', ({ question, answer }) => {
  expect(question.endsWith('?') || question.endsWith('.')).toBe(true);
  const truth = extractTruth(answer);
  expect(truth).not.toBe('');
  expect(answer.endsWith(`#### ${truth}`)).toBe(true);
  // The worked steps lead to the number: the last line before the mark, or the whole working, names it.
  const working = answer.slice(0, answer.indexOf('####')).replaceAll(',', '');
  expect(working).toContain(truth);
  expect(isCorrect(extractAnswer(`The answer is ${truth}.`), truth)).toBe(true);
});
