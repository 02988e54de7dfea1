// The study's own results (the shared fixture, where there is one) and golden cases from CPython's regular expressions.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { extractAnswer, extractTruth } from '../../datasets/answers.ts';
import { isCorrect } from '../../datasets/grade.ts';

interface Cases {
  responses: { response: string; extracted: string }[];
  truths: { answer: string; truth: string }[];
  pairs: { predicted: string; truth: string; correct: boolean }[];
}

const readCases = (file: string): Cases => JSON.parse(readFileSync(file, 'utf8')) as Cases;
const studyFile = resolve(process.env.TSTAR_MIRRORS ?? '', '../fixtures/answer-extraction.json');

describe('golden cases of make-answers.py', () => checkAll(readCases(resolve(import.meta.dirname, 'golden/answers.json'))));

describe.skipIf(!existsSync(studyFile))(
  `the study's results (skipped where TSTAR_MIRRORS has no ../fixtures/answer-extraction.json)`,
  () => {
    if (existsSync(studyFile)) checkAll(readCases(studyFile));
  },
);

describe('at the edges', () => {
  test.each([
    ['\\boxed{}', ''],
    ['\\boxed{ } 7', '7'],
    ['\\boxed{8} \\boxed{none} then 9', '9'],
    ['\\boxed {8}', '8'],
    ['\\boxed{1\n2}', '2'],
    ['answer\nis 5 or 6', '6'],
    ['the answer isn’t 5, it is 6', '6'],
    ['ANſWER İS 5 of 6', '5'],
    ['the answer is : : \u2028 $5 of 6', '5'],
    ['the answer is \uFEFF5 of 6', '6'],
    ['x = 5\u2029then 9', '9'],
    ['x = 1,2,3\n4', '123'],
    ['x = 5 \t\u3000\nthen 9', '5'],
    ['costs $\u0663\n9', '\u0663'],
    ['$ 5\n9', '9'],
    ['- 5', '5'],
    ['--5', '-5'],
    ['1..2', '2'],
    ['\u{1D7DA}\u{1D7D8} left', '\u{1D7DA}\u{1D7D8}'],
  ])('%j gives %j', (response, extracted) => {
    expect(extractAnswer(response)).toBe(extracted);
  });

  test('the last of very many numbers is found', () => {
    expect(extractAnswer('12 and '.repeat(20_000))).toBe('12');
  });
});

function checkAll(cases: Cases): void {
  test.each(cases.responses)('$response gives $extracted', ({ response, extracted }) => {
    expect(extractAnswer(response)).toBe(extracted);
  });
  test.each(cases.truths)('row $answer has the truth $truth', ({ answer, truth }) => {
    expect(extractTruth(answer)).toBe(truth);
  });
  test.each(cases.pairs)('$predicted for $truth: $correct', ({ predicted, truth, correct }) => {
    expect(isCorrect(predicted, truth)).toBe(correct);
  });
}
