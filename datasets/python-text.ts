// Python's view of text, where the study's rules lean on it: what is blank, what a number looks like, how float() reads
// one. JavaScript differs in each: \s holds U+FEFF and lacks U+001C to U+001F and U+0085, \d is ASCII, Number('') is 0.
// Source: CPython 3.11 (re, str.isspace, float); fragments below are for regular expressions with the `u` flag.

/** One blank character, line breaks included: `\s` of Python's re, which is str.isspace. */
export const BLANK = '[\\t-\\r\\x1C-\\x20\\x85\\xA0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000]';

/** A number in text whose commas are dropped: decimal digits of any script, a trailing dot stays (`42.`). */
export const NUMBER = '-?\\p{Nd}+\\.?\\p{Nd}*';

/** Before `\n` or at the end of the text, nothing else: `$` of Python's re.MULTILINE. */
export const LINE_END = '(?=\\n|$)';

const DECIMAL = /^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?$/;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;
const NOT_A_NUMBER = /^[+-]?nan$/i;
const EDGE_BLANKS = new RegExp(`^${BLANK}+|${BLANK}+$`, 'gu');

/** str.strip() */
export function stripBlanks(text: string): string {
  return text.replace(EDGE_BLANKS, '');
}

/** float(text); undefined where Python raises ValueError. NaN and infinities are values. */
export function parsePythonFloat(text: string): number | undefined {
  if ([...text].some(isSeparator)) return undefined;
  const ascii = stripBlanks(text).replace(/\p{Nd}/gu, asciiDigit);
  if (DECIMAL.test(ascii)) return Number(ascii.replaceAll('_', ''));
  if (NOT_A_NUMBER.test(ascii)) return Number.NaN;
  const sign = INFINITE.exec(ascii)?.[1];
  if (sign === undefined) return undefined;
  return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** float() strips less than strip(): U+001C to U+001F stay, and make it raise. */
function isSeparator(character: string): boolean {
  return character >= '\x1C' && character <= '\x1F';
}

/** Unicode keeps decimal digits in runs of ten from zero up, so a digit's value is its distance from its run's start. */
function asciiDigit(digit: string): string {
  const codePoint = digit.codePointAt(0) ?? 0;
  let start = codePoint;
  while (/^\p{Nd}$/u.test(String.fromCodePoint(start - 1))) start -= 1;
  return String((codePoint - start) % 10);
}
