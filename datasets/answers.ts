// The number that a response gives as its answer, and the true one of a GSM8K row: text in, the number's own spelling out
// ('' for none). The rules are the study's, under Python's regular expressions; see EXPERIMENT.md, "Answer extraction".
import { BLANK, LINE_END, NUMBER } from './python-text.ts';

// Python's re.IGNORECASE lets ı and İ stand for i, and ſ for s; JavaScript's `i` flag does not.
const ANSWER_IS = '[aA][nN][sSſ][wW][eE][rR] [iIıİ][sSſ]';

const BOX = /\\boxed\{([^}]+)\}/gu;
const ANY_NUMBER = new RegExp(NUMBER, 'gu');
const TRUTH = new RegExp(`####${BLANK}*(${NUMBER})`, 'u');

/** Tried in this order on the text without commas; each gives its first place. */
const STATEMENTS = [
  new RegExp(`${ANSWER_IS}(?::|${BLANK})*\\$?(${NUMBER})`, 'u'),
  new RegExp(`=${BLANK}*\\$?(${NUMBER})${BLANK}*${LINE_END}`, 'u'),
  new RegExp(`\\$(${NUMBER})${BLANK}*${LINE_END}`, 'u'),
];

/**
 * The answer in a response (the decoded new tokens, special tokens left out): the last box's last number, else what follows
 * `answer is`, else what ends a line after `=`, else after `$`, else the last number; '' where there is no number.
 */
export function extractAnswer(response: string): string {
  const boxed = lastMatch(response, BOX)?.[1];
  const inBox = boxed === undefined ? undefined : lastNumber(withoutCommas(boxed));
  if (inBox !== undefined) return inBox;
  const text = withoutCommas(response);
  for (const statement of STATEMENTS) {
    const number = statement.exec(text)?.[1];
    if (number !== undefined) return number;
  }
  return lastNumber(text) ?? '';
}

/** The number after the first `####` that a number follows, commas dropped; '' where there is none. */
export function extractTruth(answer: string): string {
  return TRUTH.exec(withoutCommas(answer))?.[1] ?? '';
}

function lastNumber(text: string): string | undefined {
  return lastMatch(text, ANY_NUMBER)?.[0];
}

function lastMatch(text: string, pattern: RegExp): RegExpExecArray | undefined {
  return [...text.matchAll(pattern)].at(-1);
}

function withoutCommas(text: string): string {
  return text.replaceAll(',', '');
}
