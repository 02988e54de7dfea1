// tokenizer.json and tokenizer_config.json from a GGUF file's metadata: SentencePiece's (sentence-pieces.ts) or byte-level BPE with its vocabulary, merges,
// pre-tokenizer (which the file names by `tokenizer.ggml.pre`), special and added tokens, and the chat template.
// Source: llama-vocab.cpp of llama.cpp for the names, each model's published tokenizer.json for the patterns.
import type { Gguf } from '../../formats/gguf.ts';
import { UserError } from '../../formats/user-error.ts';
import { findField, needField } from './fields.ts';
import { sentencePieceParts } from './sentence-pieces.ts';

/** ggml's token types. */
const CONTROL = 3;
const USER_DEFINED = 4;
const UNUSED = 5;

/** What differs from one kind of tokenizer to the other. */
export interface TokenizerParts {
  readonly normalizer: object | null;
  readonly preTokenizer: object;
  readonly decoder: object;
  readonly model: object;
  /** Whether BOS is added where the file does not say. */
  readonly addsBos: boolean;
}

interface PreTokenizer {
  readonly normalizer: object | null;
  readonly steps: readonly object[];
  /** A word that is a token as a whole is not split by the merges. */
  readonly ignoreMerges: boolean;
  /** Whether BOS is added where the file does not say. */
  readonly addsBos: boolean;
}

const byteLevel = (useRegex: boolean) => ({ type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: useRegex });
const split = (pattern: string) => ({ type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false });
const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const words = (digits: string) =>
  `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;

const gpt2: PreTokenizer = { normalizer: null, steps: [byteLevel(true)], ignoreMerges: false, addsBos: false };
const digitwise: PreTokenizer = { ...gpt2, steps: [{ type: 'Digits', individual_digits: true }, byteLevel(true)] };
const qwen2: PreTokenizer = { ...gpt2, normalizer: { type: 'NFC' }, steps: [split(words('\\p{N}')), byteLevel(false)] };
const llama3: PreTokenizer = {
  normalizer: null,
  steps: [split(words('\\p{N}{1,3}')), byteLevel(false)],
  ignoreMerges: true,
  addsBos: true,
};

export const preTokenizers: Readonly<Record<string, PreTokenizer>> = {
  'gpt-2': gpt2,
  smollm: digitwise,
  starcoder: digitwise,
  qwen2,
  'deepseek-r1-qwen': { ...qwen2, normalizer: null },
  'llama-bpe': llama3,
  llama3,
};

/** `chatTemplate` stands in where the file has none. */
export function tokenizerOfGguf(gguf: Gguf, chatTemplate?: string): { readonly tokenizer: object; readonly config: object } {
  const model = needField(gguf, 'tokenizer.ggml.model', 'text');
  if (model !== 'gpt2' && model !== 'llama')
    throw new UserError(
      `${gguf.file}: field tokenizer.ggml.model is ${model}, known are gpt2 (byte-level BPE) and llama (SentencePiece); use the model's safetensors`,
    );
  const tokens = needField(gguf, 'tokenizer.ggml.tokens', 'texts');
  const types = findField(gguf, 'tokenizer.ggml.token_type', 'counts') ?? tokens.map(() => 1);
  if (types.length !== tokens.length) {
    throw new UserError(
      `${gguf.file}: field tokenizer.ggml.token_type has ${types.length} elements, tokenizer.ggml.tokens has ${tokens.length}`,
    );
  }
  const special = specialTokens(gguf, tokens);
  const parts = model === 'llama' ? sentencePieceParts(gguf, tokens, special.unknown) : byteLevelParts(gguf, tokens, types);
  const addBos = findField(gguf, 'tokenizer.ggml.add_bos_token', 'truth') ?? parts.addsBos;
  const bosId = findField(gguf, 'tokenizer.ggml.bos_token_id', 'count');
  return {
    tokenizer: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: addedTokens(tokens, types),
      normalizer: parts.normalizer,
      pre_tokenizer: parts.preTokenizer,
      post_processor: addBos && special.bos !== undefined && bosId !== undefined ? bosInFront(special.bos, bosId) : null,
      decoder: parts.decoder,
      model: parts.model,
    },
    config: {
      add_bos_token: addBos,
      add_prefix_space: false,
      bos_token: special.bos ?? null,
      chat_template: findField(gguf, 'tokenizer.chat_template', 'text') ?? chatTemplate ?? null,
      clean_up_tokenization_spaces: false,
      eos_token: special.eos ?? null,
      model_max_length: needField(gguf, `${needField(gguf, 'general.architecture', 'text')}.context_length`, 'count'),
      pad_token: special.padding ?? null,
      // The post-processor above adds BOS, not the class.
      tokenizer_class: 'PreTrainedTokenizerFast',
      unk_token: special.unknown ?? null,
    },
  };
}

function byteLevelParts(gguf: Gguf, tokens: readonly string[], types: readonly number[]): TokenizerParts {
  const { normalizer, steps, ignoreMerges, addsBos } = preTokenizerOf(gguf);
  return {
    normalizer,
    preTokenizer: steps.length === 1 ? steps[0]! : { type: 'Sequence', pretokenizers: steps },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: bpeModel(gguf, tokens, types, ignoreMerges),
    addsBos,
  };
}

function preTokenizerOf(gguf: Gguf): PreTokenizer {
  const name = needField(gguf, 'tokenizer.ggml.pre', 'text');
  const found = Object.hasOwn(preTokenizers, name) ? preTokenizers[name] : undefined;
  if (found !== undefined) return found;
  throw new UserError(`${gguf.file}: field tokenizer.ggml.pre is ${name}, known are ${Object.keys(preTokenizers).join(', ')}`);
}

type Role = 'bos' | 'eos' | 'padding' | 'unknown';

function specialTokens(gguf: Gguf, tokens: readonly string[]): Readonly<Partial<Record<Role, string>>> {
  const found: Partial<Record<Role, string>> = {};
  for (const role of ['bos', 'eos', 'padding', 'unknown'] as const) {
    const field = `tokenizer.ggml.${role}_token_id`;
    const id = findField(gguf, field, 'count');
    if (id === undefined) continue;
    const token = tokens[id];
    if (token === undefined) throw new UserError(`${gguf.file}: field ${field} is ${id}, the vocabulary has ${tokens.length} tokens`);
    found[role] = token;
  }
  return found;
}

function addedTokens(tokens: readonly string[], types: readonly number[]): object[] {
  const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  return tokens.flatMap((content, id) => {
    const type = types[id];
    return type === CONTROL || type === USER_DEFINED ? [{ id, content, ...plain, special: type === CONTROL }] : [];
  });
}

function bpeModel(gguf: Gguf, tokens: readonly string[], types: readonly number[], ignoreMerges: boolean): object {
  const vocab: Record<string, number> = Object.create(null);
  for (const [id, token] of tokens.entries()) {
    if (types[id] === UNUSED) continue;
    if (token in vocab)
      throw new UserError(
        `${gguf.file}: field tokenizer.ggml.tokens: ${JSON.stringify(token)} stands there twice (${vocab[token]} and ${id})`,
      );
    vocab[token] = id;
  }
  const merges = needField(gguf, 'tokenizer.ggml.merges', 'texts').map((merge, rank) => {
    // A part may itself start with the blank's stand-in, never with a blank.
    const parts = merge.split(' ');
    if (parts.length === 2 && parts.every((part) => part in vocab)) return parts;
    throw new UserError(
      `${gguf.file}: field tokenizer.ggml.merges: element ${rank} (${JSON.stringify(merge.slice(0, 40))}) is no pair of tokens`,
    );
  });
  return {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: ignoreMerges,
    vocab,
    merges,
  };
}

function bosInFront(token: string, id: number): object {
  const bos = { SpecialToken: { id: token, type_id: 0 } };
  const sequence = (name: 'A' | 'B', type: number) => ({ Sequence: { id: name, type_id: type } });
  return {
    type: 'TemplateProcessing',
    single: [bos, sequence('A', 0)],
    pair: [bos, sequence('A', 0), { SpecialToken: { id: token, type_id: 1 } }, sequence('B', 1)],
    special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
  };
}
