// config.json and generation_config.json from a GGUF file's metadata, in the names of Hugging Face transformers.
// Source: convert_hf_to_gguf.py of llama.cpp, read backwards. Families: llama, qwen2 and gemma3 (text).
import type { Gguf } from '../../formats/gguf.ts';
import { UserError } from '../../formats/user-error.ts';
import { findField, needField } from './fields.ts';

export const ggufFamilies = {
  llama: { architecture: 'LlamaForCausalLM' },
  qwen2: { architecture: 'Qwen2ForCausalLM' },
  gemma3: { architecture: 'Gemma3ForCausalLM' },
} as const;
export type GgufFamily = keyof typeof ggufFamilies;

export function ggufFamily(gguf: Gguf): GgufFamily {
  const name = needField(gguf, 'general.architecture', 'text');
  if (Object.hasOwn(ggufFamilies, name)) return name as GgufFamily;
  throw new UserError(`${gguf.file}: field general.architecture is ${name}, known are ${Object.keys(ggufFamilies).join(', ')}`);
}

export interface GgufModelConfig {
  readonly architectures: readonly string[];
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim: number;
  readonly vocab_size: number;
  readonly tie_word_embeddings: boolean;
  readonly attention_bias: boolean;
  readonly [name: string]: string | number | boolean | null | readonly string[] | { readonly [name: string]: string | number };
}

export function modelConfigOfGguf(gguf: Gguf): GgufModelConfig {
  const family = ggufFamily(gguf);
  const count = (name: string) => needField(gguf, `${family}.${name}`, 'count');
  const heads = positive(gguf, `${family}.attention.head_count`, count('attention.head_count'));
  const hiddenSize = count('embedding_length');
  const headDim =
    findField(gguf, `${family}.attention.key_length`, 'count') ??
    findField(gguf, `${family}.rope.dimension_count`, 'count') ??
    hiddenSize / heads;
  return {
    architectures: [ggufFamilies[family].architecture],
    attention_bias: gguf.tensors.has('blk.0.attn_q.bias'),
    bos_token_id: findField(gguf, 'tokenizer.ggml.bos_token_id', 'count') ?? null,
    eos_token_id: findField(gguf, 'tokenizer.ggml.eos_token_id', 'count') ?? null,
    pad_token_id: findField(gguf, 'tokenizer.ggml.padding_token_id', 'count') ?? null,
    dtype: 'float32',
    head_dim: headDim,
    hidden_size: hiddenSize,
    intermediate_size: count('feed_forward_length'),
    max_position_embeddings: count('context_length'),
    ...(family === 'gemma3' ? gemmaConfig(gguf, headDim, hiddenSize / heads) : { hidden_act: 'silu', mlp_bias: false, model_type: family }),
    num_attention_heads: heads,
    num_hidden_layers: count('block_count'),
    num_key_value_heads: positive(
      gguf,
      `${family}.attention.head_count_kv`,
      findField(gguf, `${family}.attention.head_count_kv`, 'count') ?? heads,
    ),
    rms_norm_eps: shortestFloat32(needField(gguf, `${family}.attention.layer_norm_rms_epsilon`, 'number')),
    rope_theta: shortestFloat32(findField(gguf, `${family}.rope.freq_base`, 'number') ?? (family === 'gemma3' ? 1_000_000 : 10_000)),
    ...ropeScaling(gguf, family),
    tie_word_embeddings: !gguf.tensors.has('output.weight'),
    vocab_size: gguf.tensors.get('token_embd.weight')?.shape[0] ?? needField(gguf, 'tokenizer.ggml.tokens', 'texts').length,
  };
}

/** Layers of the only Gemma 3 (27B) whose scores are scaled by another number than the head size. */
const SCALED_BY_WIDTH_LAYERS = 62;

/** What the file leaves to its reader is as in llama.cpp (LLM_ARCH_GEMMA3): the pattern of layers, the local base, the scores' scale. */
function gemmaConfig(gguf: Gguf, headDim: number, widthPerHead: number) {
  const softcaps = ['attn_logit_softcapping', 'final_logit_softcapping'] as const;
  return {
    ...Object.fromEntries(softcaps.map((name) => [name, findField(gguf, `gemma3.${name}`, 'number') ?? null])),
    hidden_activation: 'gelu_pytorch_tanh',
    model_type: 'gemma3_text',
    query_pre_attn_scalar: needField(gguf, 'gemma3.block_count', 'count') === SCALED_BY_WIDTH_LAYERS ? widthPerHead : headDim,
    rope_local_base_freq: shortestFloat32(findField(gguf, 'gemma3.rope.freq_base_swa', 'number') ?? 10_000),
    sliding_window: needField(gguf, 'gemma3.attention.sliding_window', 'count'),
    sliding_window_pattern: 6,
  };
}

/** Every id that ends a text: EOS, and the end of a turn where the file names one of its own. */
export function generationConfigOfGguf(gguf: Gguf): { readonly [name: string]: number | readonly number[] | null } {
  const id = (name: string) => findField(gguf, `tokenizer.ggml.${name}_token_id`, 'count');
  const ends = [...new Set([id('eos'), id('eot')].filter((end) => end !== undefined))];
  return {
    bos_token_id: id('bos') ?? null,
    eos_token_id: ends.length === 1 ? (ends[0] as number) : ends,
    pad_token_id: id('padding') ?? null,
  };
}

function positive(gguf: Gguf, field: string, value: number): number {
  return value > 0
    ? value
    : (() => {
        throw new UserError(`${gguf.file}: field ${field} is 0, expected at least 1`);
      })();
}

function ropeScaling(gguf: Gguf, family: GgufFamily): { rope_scaling?: { type: string; factor: number } } {
  if (gguf.tensors.has('rope_freqs.weight')) {
    throw new UserError(
      `${gguf.file}: tensor rope_freqs.weight: scaled rotary frequencies cannot be converted; use the model's safetensors`,
    );
  }
  const type = findField(gguf, `${family}.rope.scaling.type`, 'text') ?? 'none';
  if (type === 'none') return {};
  if (type === 'linear') return { rope_scaling: { type, factor: needField(gguf, `${family}.rope.scaling.factor`, 'number') } };
  throw new UserError(`${gguf.file}: field ${family}.rope.scaling.type is ${type}, known are none and linear; use the model's safetensors`);
}

/** The file holds float32: 9.999999747378752e-6 was 1e-5. The shortest decimal that is the same float32. */
function shortestFloat32(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return value;
}
