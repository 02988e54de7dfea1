// A Gemma 3 in GGUF: the tiny model of golden/families written as llama.cpp's converter does it (norms plus one) comes back with
// its weights and config, and SentencePiece's pieces and scores become a tokenizer that merges as llama.cpp does.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeSafetensors, tensorToFloat32 } from '../../formats/safetensors.ts';
import { convertGguf } from '../../models/convert-gguf.ts';
import { parseModelConfig } from '../../models/graph/model-config.ts';
import { openTokenizer, type Tokenizer } from '../../models/tokenizer.ts';
import { type Field, type TestTensor, writeGguf } from '../formats/write-gguf.ts';
import { readJson } from '../mirror.ts';
import { ggufName } from './gguf-names.ts';
import { greatestDifference } from './reference-model.ts';

const source = join(import.meta.dirname, 'golden/families/gemma3');
const work = mkdtempSync(join(tmpdir(), 'tstar-gemma-'));
afterAll(() => rmSync(work, { recursive: true }));

const NAMES = {
  'self_attn.q_norm': 'attn_q_norm',
  'self_attn.k_norm': 'attn_k_norm',
  post_attention_layernorm: 'post_attention_norm',
  pre_feedforward_layernorm: 'ffn_norm',
  post_feedforward_layernorm: 'post_ffw_norm',
};

const [CONTROL, USER_DEFINED, BYTE] = [3, 4, 6];
const pieces = [
  '▁',
  ...'therainso.',
  '▁t',
  'he',
  '▁th',
  '▁the',
  'er',
  're',
  'in',
  'an',
  '▁a',
  'is',
  '▁is',
  'her',
  'rain',
  '▁rain',
  'ra',
  '▁r',
];
const vocabulary: readonly (readonly [token: string, type: number, score: number])[] = [
  ...['<pad>', '<eos>', '<bos>', '<unk>'].map((token) => [token, CONTROL, -1000] as const),
  ['  ', USER_DEFINED, 0],
  ...['F0', '9F', 'A6', '9C'].map((byte) => [`<0x${byte}>`, BYTE, 0] as const),
  // Letters come last in the order of merging and never merge by themselves.
  ...pieces.map((piece, i) => [piece, 1, [...piece].length === 1 ? -500 : -(i * 7) % 41] as const),
];
const tokens = Array.from({ length: 96 }, (_, id) => vocabulary[id] ?? ([`<unused${id}>`, CONTROL, -1000] as const));

const fields: readonly Field[] = [
  ['general.architecture', 'string', 'gemma3'],
  ['gemma3.block_count', 'u32', 4],
  ['gemma3.context_length', 'u32', 128],
  ['gemma3.embedding_length', 'u32', 32],
  ['gemma3.feed_forward_length', 'u32', 48],
  ['gemma3.attention.head_count', 'u32', 4],
  ['gemma3.attention.head_count_kv', 'u32', 1],
  ['gemma3.attention.key_length', 'u32', 16],
  ['gemma3.attention.layer_norm_rms_epsilon', 'f32', 1e-5],
  ['gemma3.attention.sliding_window', 'u32', 8],
  ['gemma3.rope.scaling.type', 'string', 'linear'],
  ['gemma3.rope.scaling.factor', 'f32', 2],
  ['tokenizer.ggml.model', 'string', 'llama'],
  ['tokenizer.ggml.tokens', 'strings', tokens.map(([token]) => token)],
  ['tokenizer.ggml.token_type', 'i32s', tokens.map(([, type]) => type)],
  ['tokenizer.ggml.scores', 'f32s', tokens.map(([, , score]) => score)],
  ['tokenizer.ggml.bos_token_id', 'u32', 2],
  ['tokenizer.ggml.eos_token_id', 'u32', 1],
  ['tokenizer.ggml.unknown_token_id', 'u32', 3],
  ['tokenizer.ggml.add_bos_token', 'bool', true],
  ['tokenizer.ggml.add_space_prefix', 'bool', false],
];

describe('a GGUF file of Gemma 3', () => {
  const folder = join(work, 'converted');
  const weightsOf = (file: string) => decodeSafetensors(new Uint8Array(readFileSync(file))).tensors;
  const original = weightsOf(join(source, 'model.safetensors'));
  const tensors: TestTensor[] = [...original].map(([name, tensor]) => {
    const values = tensorToFloat32(tensor);
    return { name: ggufName(name, NAMES), shape: tensor.shape, values: name.includes('norm') ? values.map((value) => value + 1) : values };
  });
  const convert = (changed: readonly Field[], to: string, chatTemplate?: string) => {
    const file = join(work, 'gemma.gguf');
    writeFileSync(file, writeGguf(changed, tensors));
    return convertGguf(file, join(work, to), { chatTemplate });
  };
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    await convert(fields, 'converted', "{{ messages[0]['content'] }}");
    tokenizer = await openTokenizer(folder);
  });

  it('has its weights back, the norms without the one', () => {
    const converted = weightsOf(join(folder, 'model.safetensors'));
    expect([...converted.keys()].sort()).toEqual([...original.keys()].sort());
    // w + 1 in float32 keeps w to 2^-23.
    for (const [name, tensor] of converted)
      expect(greatestDifference(tensorToFloat32(tensor), tensorToFloat32(original.get(name)!))).toBeLessThan(
        name.includes('norm') ? 2e-7 : 1e-12,
      );
  });

  it('has a config that the builder reads, with what the file leaves to its reader', () => {
    expect(parseModelConfig(readJson(join(folder, 'config.json')))).toMatchObject({
      family: 'gemma3_text',
      attentionScale: 1 / 4,
      layers: Array(4).fill({ window: 8, rope: 1 }),
      ropes: [
        { kind: 'linear', theta: 1_000_000, factor: 2 },
        { kind: 'default', theta: 10_000 },
      ],
      tiedHead: true,
    });
    expect(tokenizer.chatTemplate).toBe("{{ messages[0]['content'] }}");
  });

  it.each(['there is a rain', 'the theatre in her  area', 'rain.. an inn', 'a 🦜 or two'])('splits %j as scores say', (text) => {
    const ids = tokenizer.encode(text);
    expect(ids).toEqual([2, ...text.split(/( {2})/).flatMap((part) => (part === '  ' ? [4] : mergeByScore(part)))]);
    if (!ids.includes(3)) expect(tokenizer.decode(ids)).toBe(text);
  });

  it.each([
    [['tokenizer.ggml.add_space_prefix', 'bool', true], 'field tokenizer.ggml.add_space_prefix is not false'],
    [['tokenizer.ggml.scores', 'f32s', [0]], 'field tokenizer.ggml.scores has 1 elements, tokenizer.ggml.tokens has 96'],
    [['tokenizer.ggml.model', 'string', 't5'], 'field tokenizer.ggml.model is t5, known are gpt2 (byte-level BPE) and llama'],
  ] as [Field, string][])('with %j is refused', async (changed, message) => {
    const others = fields.filter(([name]) => name !== changed[0]);
    await expect(convert([...others, changed], 'never')).rejects.toThrow(message);
  });
});

/** llama.cpp's llm_tokenizer_spm, slowly: of all neighbours the pair with the highest score, the leftmost among equals; then bytes. */
function mergeByScore(text: string): number[] {
  const idOf = (piece: string) => tokens.findIndex(([token]) => token === piece);
  const scoreOf = (piece: string) => tokens[idOf(piece)]?.[2] ?? Number.NEGATIVE_INFINITY;
  const symbols = [...text.replaceAll(' ', '▁')];
  for (;;) {
    const scores = symbols.slice(1).map((symbol, i) => scoreOf(symbols[i]! + symbol));
    const best = Math.max(...scores);
    if (best === Number.NEGATIVE_INFINITY || scores.length === 0) break;
    const at = scores.indexOf(best);
    symbols.splice(at, 2, symbols[at]! + symbols[at + 1]!);
  }
  return symbols.flatMap((symbol) => {
    if (idOf(symbol) >= 0) return [idOf(symbol)];
    const bytes = [...Buffer.from(symbol)].map((byte) => idOf(`<0x${byte.toString(16).toUpperCase()}>`));
    return bytes.includes(-1) ? [3] : bytes;
  });
}
