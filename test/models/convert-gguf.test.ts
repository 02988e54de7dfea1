// The conversion read backwards: tiny-llama's own weights written as a GGUF file (rows of q and k permuted as llama.cpp does)
// come back to the bit, with its config and a tokenizer that gives the same ids.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blockTypes } from '../../formats/gguf-blocks.ts';
import { decodeSafetensors, tensorToFloat32 } from '../../formats/safetensors.ts';
import { convertGguf } from '../../models/convert-gguf.ts';
import { openTokenizer } from '../../models/tokenizer.ts';
import { type Field, type TestTensor, writeGguf } from '../formats/write-gguf.ts';
import { hasMirror, inFixtures, inMirror, NO_MIRROR, readJson } from '../mirror.ts';
import { ggufName } from './gguf-names.ts';

const work = mkdtempSync(join(tmpdir(), 'tstar-convert-'));
afterAll(() => rmSync(work, { recursive: true }));

const OWN_NAMES = { post_attention_layernorm: 'ffn_norm', lm_head: 'output' };

/** `weights.reshape(heads, 2, half, columns).swapaxes(1, 2)`: what convert_hf_to_gguf.py does to q and k. */
function permute(values: Float32Array, headRows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  const half = headRows / 2;
  for (let row = 0; row < values.length / columns; row++) {
    const head = Math.floor(row / headRows);
    const side = Math.floor((row % headRows) / half);
    const pair = row % half;
    out.set(values.subarray(row * columns, (row + 1) * columns), (head * headRows + pair * 2 + side) * columns);
  }
  return out;
}

describe.skipIf(!hasMirror)(`convertGguf (${NO_MIRROR} where skipped)`, () => {
  const source = join(work, 'tiny.gguf');
  let weights: ReadonlyMap<string, { readonly shape: readonly number[]; readonly dtype: 'F32'; readonly bytes: Uint8Array }>;
  let fields: Field[];
  let tensors: TestTensor[];

  beforeAll(() => {
    weights = decodeSafetensors(readFileSync(inMirror('fixtures/tiny-llama/model.safetensors'))).tensors as typeof weights;
    const tokenizer = readJson<{ model: { vocab: Record<string, number>; merges: [string, string][] } }>(
      inMirror('fixtures/tiny-llama/tokenizer.json'),
    );
    const tokens = Object.entries(tokenizer.model.vocab)
      .sort(([, a], [, b]) => a - b)
      .map(([token]) => token);
    tensors = [...weights].map(([name, tensor]) => {
      const values = tensorToFloat32(tensor);
      const permuted = /[qk]_proj/.test(name) ? permute(values, 16, 64) : values;
      return { name: ggufName(name, OWN_NAMES), shape: tensor.shape, values: permuted };
    });
    fields = [
      ['general.architecture', 'string', 'llama'],
      ['llama.block_count', 'u32', 3],
      ['llama.context_length', 'u32', 1024],
      ['llama.embedding_length', 'u32', 64],
      ['llama.feed_forward_length', 'u32', 128],
      ['llama.attention.head_count', 'u32', 4],
      ['llama.attention.head_count_kv', 'u32', 2],
      ['llama.attention.layer_norm_rms_epsilon', 'f32', 1e-6],
      ['llama.rope.dimension_count', 'u32', 16],
      ['tokenizer.ggml.model', 'string', 'gpt2'],
      ['tokenizer.ggml.pre', 'string', 'gpt-2'],
      ['tokenizer.ggml.tokens', 'strings', tokens],
      ['tokenizer.ggml.token_type', 'i32s', tokens.map((_, id) => (id < 3 ? 3 : 1))],
      ['tokenizer.ggml.merges', 'strings', tokenizer.model.merges.map((pair) => pair.join(' '))],
      ['tokenizer.ggml.bos_token_id', 'u32', 1],
      ['tokenizer.ggml.eos_token_id', 'u32', 2],
    ];
    writeFileSync(source, writeGguf(fields, tensors));
  });

  it('gives the weights to the bit, the config and the ids', async () => {
    const folder = join(work, 'converted');
    const progress: number[] = [];
    await convertGguf(source, folder, { onProgress: (done, total) => progress.push(done / total) });
    const converted = decodeSafetensors(readFileSync(join(folder, 'model.safetensors'))).tensors;
    expect([...converted.keys()].sort()).toEqual([...weights.keys()].sort());
    for (const [name, { shape, bytes }] of weights) {
      expect(converted.get(name)?.shape).toEqual(shape);
      expect(Buffer.from(converted.get(name)?.bytes ?? []).equals(bytes), name).toBe(true);
    }
    expect(readJson(join(folder, 'config.json'))).toMatchObject({
      model_type: 'llama',
      head_dim: 16,
      rms_norm_eps: 1e-6,
      rope_theta: 10_000,
      tie_word_embeddings: true,
    });
    expect(readJson(join(folder, 'generation_config.json'))).toMatchObject({ eos_token_id: 2 });
    expect(progress.at(-1)).toBe(1);
    const { prompts } = readJson<{ prompts: { text: string; input_ids: number[] }[] }>(inMirror('fixtures/tiny-llama/reference.json'));
    const tokenizer = await openTokenizer(folder);
    for (const { text, input_ids } of prompts) expect(tokenizer.encode(text)).toEqual(input_ids);
  });

  it('takes a qwen2 file with biases and a head of its own, rows as they are', async () => {
    const { tensors: own } = decodeSafetensors(readFileSync(inMirror('fixtures/tiny-qwen2-bf16/model.safetensors')));
    const qwen = [...own].map(([name, tensor]) => {
      return { name: ggufName(name, OWN_NAMES), shape: tensor.shape, values: tensorToFloat32(tensor) };
    });
    const renamed = fields.map(
      ([name, type, value]): Field => [name.replace('llama.', 'qwen2.'), type, name === 'general.architecture' ? 'qwen2' : value],
    );
    const file = join(work, 'qwen2.gguf');
    writeFileSync(file, writeGguf([...renamed, ['tokenizer.ggml.add_bos_token', 'bool', true]], qwen));
    await convertGguf(file, join(work, 'qwen2'));
    const converted = decodeSafetensors(readFileSync(join(work, 'qwen2/model.safetensors'))).tensors;
    expect([...converted.keys()].sort()).toEqual([...own.keys()].sort());
    for (const [name, tensor] of own) expect(tensorToFloat32(converted.get(name)!), name).toEqual(tensorToFloat32(tensor));
    expect(readJson(join(work, 'qwen2/config.json'))).toMatchObject({
      model_type: 'qwen2',
      tie_word_embeddings: false,
      attention_bias: true,
    });
    const tokenizer = await openTokenizer(join(work, 'qwen2'));
    expect(tokenizer.encode('a')[0], 'add_bos_token: BOS in front').toBe(1);
    expect(tokenizer.encode('a').filter((id) => id === 1)).toHaveLength(1);
  });

  it.skipIf(!existsSync(inFixtures('gguf-blocks.json')))('takes weights in blocks of every type, row by row', async () => {
    type Case = { type: number; bytes: string; float32: string };
    const cases = Object.entries(readJson<Record<string, Case>>(inFixtures('gguf-blocks.json')));
    // Plain float32 is what the other tests write.
    const known = blockTypes.map(({ code }) => code).filter((code) => code !== 0);
    expect(new Set(cases.map(([, { type }]) => type))).toEqual(new Set(known));
    // Rows of 256, the widest block; the embedding of as many tokens as the tokenizer has, and one FFN matrix, in blocks.
    const wide = (rows: number, columns: number) => new Float32Array(rows * columns).fill(0.25);
    const shapes: [string, number[]][] = [
      ['token_embd', [512, 256]],
      ['blk.0.attn_norm', [256]],
      ['blk.0.attn_q', [64, 256]],
      ['blk.0.attn_k', [32, 256]],
      ['blk.0.attn_v', [32, 256]],
      ['blk.0.attn_output', [256, 64]],
      ['blk.0.ffn_norm', [256]],
      ['blk.0.ffn_gate', [128, 256]],
      ['blk.0.ffn_up', [128, 256]],
      ['blk.0.ffn_down', [256, 128]],
      ['output_norm', [256]],
    ];
    const narrow = fields.map(
      ([name, type, value]): Field => [name, type, name === 'llama.block_count' ? 1 : name === 'llama.embedding_length' ? 256 : value],
    );
    for (const [name, { type, bytes, float32 }] of cases) {
      const [encoded, expected] = [Buffer.from(bytes, 'base64'), new Float32Array(new Uint8Array(Buffer.from(float32, 'base64')).buffer)];
      const repeated = (values: number) => Array.from({ length: values / expected.length });
      const of = (shape: number[]) => shape.reduce((product, size) => product * size, 1);
      const made = shapes.map(([tensor, shape]): TestTensor => {
        const values = wide(shape[0]!, shape[1] ?? 1);
        const isBlocks = /token_embd|ffn_gate/.test(tensor);
        const code = { code: type, bytes: Buffer.concat(repeated(of(shape)).map(() => encoded)) };
        return { name: `${tensor}.weight`, shape, values, ...(isBlocks ? { encoded: code } : {}) };
      });
      const file = join(work, `${name}.gguf`);
      writeFileSync(file, writeGguf(narrow, made));
      await convertGguf(file, join(work, name));
      const converted = decodeSafetensors(readFileSync(join(work, name, 'model.safetensors'))).tensors;
      for (const tensor of ['model.embed_tokens.weight', 'model.layers.0.mlp.gate_proj.weight']) {
        const found = tensorToFloat32(converted.get(tensor)!);
        const whole = Float32Array.from(repeated(found.length).flatMap(() => [...expected]));
        expect(Buffer.from(found.buffer).equals(Buffer.from(whole.buffer)), `${name} ${tensor}`).toBe(true);
      }
    }
  });

  const broken: [string, (bytes: Buffer) => Buffer, RegExp][] = [
    ['a truncated file', (bytes) => bytes.subarray(0, bytes.length - 4096), /bad\.gguf: tensor .* needs bytes .* truncated/],
    ['a file that is cut in its header', (bytes) => bytes.subarray(0, 4000), /bad\.gguf: .*truncated/],
    [
      'an unknown pre-tokenizer',
      () => writeGguf(changed('tokenizer.ggml.pre', 'dbrx'), tensors),
      /tokenizer\.ggml\.pre is dbrx, known are gpt-2, smollm/,
    ],
    [
      'another architecture',
      () => writeGguf(changed('general.architecture', 'mamba'), tensors),
      /general\.architecture is mamba, known are llama, qwen2/,
    ],
    ['a missing tensor', () => writeGguf(fields, tensors.slice(1)), /bad\.gguf: tensor \S+ is missing/],
    [
      'a wrong shape',
      () => writeGguf(changed('llama.feed_forward_length', 64), tensors),
      /tensor blk\.0\.ffn_\w+\.weight has shape \[.*\], the metadata asks for/,
    ],
    [
      'a value that is no number',
      (bytes) => {
        const damaged = Buffer.from(bytes);
        damaged.writeUInt32LE(0x7fc00000, bytes.length - 64);
        return damaged;
      },
      /bad\.gguf: tensor \S+ holds NaN at element \d+ \(F32\); its scales are damaged, fetch the file again/,
    ],
    [
      'a missing field',
      () =>
        writeGguf(
          fields.filter(([name]) => name !== 'llama.block_count'),
          tensors,
        ),
      /field llama\.block_count is missing/,
    ],
  ];
  const changed = (name: string, value: unknown): Field[] =>
    fields.map((field) => (field[0] === name ? [field[0], field[1], value] : field));
  for (const [what, make, message] of broken) {
    it(`${what} is one line, and nothing is left behind`, async () => {
      const bad = join(work, 'bad.gguf');
      writeFileSync(bad, make(readFileSync(source)));
      await expect(convertGguf(bad, join(work, 'never'))).rejects.toThrow(message);
      expect(readdirSync(work).filter((name) => name.includes('never'))).toEqual([]);
    });
  }

  it('leaves nothing behind when it writes other bytes than expected', async () => {
    const expected = { 'model.safetensors': '0'.repeat(64) };
    await expect(convertGguf(source, join(work, 'never'), { expected })).rejects.toThrow(
      /converts to a model\.safetensors with SHA-256 [0-9a-f]{64}/,
    );
    expect(existsSync(join(work, 'never'))).toBe(false);
  });

  it('removes what a killed conversion left, and nothing that a living process writes', async () => {
    const leftBy = (pid: number) => join(work, `.tidy.partial-${hostname()}-${pid}-0a1b2c3d`);
    for (const pid of [999_999_999, process.ppid]) mkdirSync(leftBy(pid));
    await convertGguf(source, join(work, 'tidy'));
    expect([leftBy(999_999_999), leftBy(process.ppid)].map((path) => existsSync(path))).toEqual([false, true]);
    rmSync(leftBy(process.ppid), { recursive: true });
  });

  it('leaves nothing behind when it is aborted', async () => {
    const controller = new AbortController();
    const work2 = join(work, 'aborted');
    const onProgress = () => controller.abort(new Error('enough'));
    await expect(convertGguf(source, work2, { signal: controller.signal, onProgress })).rejects.toThrow('enough');
    expect(existsSync(work2)).toBe(false);
    expect(readdirSync(work).filter((name) => name.includes('partial'))).toEqual([]);
  });
});
