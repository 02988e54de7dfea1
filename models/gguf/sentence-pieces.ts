// SentencePiece BPE as GGUF files hold it (pieces with scores, no merges) -> the merges of a tokenizer.json. A pair merges in the
// order of its whole's score, as llama.cpp does it; blanks are U+2581, what no piece covers becomes bytes.
// Follows transformers' convert_slow_tokenizer.py (generate_merges, GemmaConverter).
import type { Gguf } from '../../formats/gguf.ts';
import { UserError } from '../../formats/user-error.ts';
import { findField, needField } from './fields.ts';
import type { TokenizerParts } from './tokenizer-of-gguf.ts';

const BLANK = '\u2581';

export function sentencePieceParts(gguf: Gguf, tokens: readonly string[], unknown: string | undefined): TokenizerParts {
  if (findField(gguf, 'tokenizer.ggml.add_space_prefix', 'truth') !== false)
    throw new UserError(
      `${gguf.file}: field tokenizer.ggml.add_space_prefix is not false: a tokenizer that puts a blank before a text cannot be converted; use the model's safetensors`,
    );
  const scores = needField(gguf, 'tokenizer.ggml.scores', 'numbers');
  if (scores.length !== tokens.length)
    throw new UserError(
      `${gguf.file}: field tokenizer.ggml.scores has ${scores.length} elements, tokenizer.ggml.tokens has ${tokens.length}`,
    );
  const vocab = new Map(tokens.map((token, id) => [token, id]));
  if (vocab.size !== tokens.length) throw new UserError(`${gguf.file}: field tokenizer.ggml.tokens: a token stands there twice`);
  return {
    normalizer: { type: 'Replace', pattern: { String: ' ' }, content: BLANK },
    preTokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false },
    decoder: {
      type: 'Sequence',
      decoders: [{ type: 'Replace', pattern: { String: BLANK }, content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: unknown ?? null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(vocab),
      merges: mergesOf(vocab, scores),
    },
    addsBos: true,
  };
}

interface Merge {
  readonly left: string;
  readonly right: string;
  readonly score: number;
  readonly lengths: readonly [left: number, right: number];
}

/** Every way to put a piece together from two others, the highest score first, then the longest left part. */
export function mergesOf(vocab: ReadonlyMap<string, number>, scores: readonly number[]): [string, string][] {
  const merges: Merge[] = [];
  for (const [piece, id] of vocab) {
    const letters = [...piece];
    for (let cut = 1; cut < letters.length; cut++) {
      const [left, right] = [letters.slice(0, cut).join(''), letters.slice(cut).join('')];
      if (vocab.has(left) && vocab.has(right)) merges.push({ left, right, score: scores[id]!, lengths: [cut, letters.length - cut] });
    }
  }
  merges.sort((a, b) => b.score - a.score || b.lengths[0] - a.lengths[0] || b.lengths[1] - a.lengths[1]);
  return merges.map(({ left, right }) => [left, right]);
}
