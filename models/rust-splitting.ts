// Makes a tokenizer.json split text as the Rust library does, where JavaScript's classes differ: a `Digits` step splits at
// every numeric character (`½`, `²`, `٣`), not at 0 to 9 alone; white space in patterns is Unicode's (U+0085, not U+FEFF).
// Otherwise such text gets other ids than in Python.
import type { TokenizerJson } from './tokenizer-files.ts';

/** GPT-2's pattern, which a `ByteLevel` step applies unless `use_regex` is false. */
const BYTE_LEVEL = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

export function withRustSplitting(json: TokenizerJson): TokenizerJson {
  return { ...json, pre_tokenizer: spellOut(json.pre_tokenizer) };
}

function spellOut(preTokenizer: unknown): unknown {
  if (!isRecord(preTokenizer)) return preTokenizer;
  const { type, individual_digits, pretokenizers, pattern, use_regex, add_prefix_space } = preTokenizer;
  if (type === 'Sequence' && Array.isArray(pretokenizers)) return { ...preTokenizer, pretokenizers: pretokenizers.map(spellOut) };
  if (type === 'Digits') return isolate(individual_digits === true ? String.raw`\p{N}` : String.raw`\p{N}+`);
  if (type === 'Split' && isRecord(pattern) && typeof pattern.Regex === 'string') {
    return { ...preTokenizer, pattern: { Regex: withUnicodeBlanks(pattern.Regex) } };
  }
  // A prefix space belongs before the whole text, not before each piece: then the step stays as it is.
  if (type === 'ByteLevel' && use_regex !== false && add_prefix_space === false) {
    return { type: 'Sequence', pretokenizers: [isolate(BYTE_LEVEL), { ...preTokenizer, use_regex: false }] };
  }
  return preTokenizer;
}

function isolate(pattern: string) {
  return { type: 'Split', pattern: { Regex: withUnicodeBlanks(pattern) }, behavior: 'Isolated', invert: false };
}

/** Escapes are read in pairs, so that an escaped backslash before an `s` stays one. */
function withUnicodeBlanks(pattern: string): string {
  const spelled: Readonly<Record<string, string>> = { '\\s': '\\p{White_Space}', '\\S': '\\P{White_Space}' };
  return pattern.replace(/\\[\s\S]/g, (pair) => spelled[pair] ?? pair);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
