// Which tensors a GGUF model of a family must have, what Hugging Face calls each, its shape, and whether its rows are
// permuted. In llama-architecture files the rows of q and k are stored as (pair, half) per head for ggml's rotary
// embedding, where Hugging Face has (half, pair). Source: convert_hf_to_gguf.py, LlamaModel.permute.
import type { Gguf, GgufTensor } from '../../formats/gguf.ts';
import { UserError } from '../../formats/user-error.ts';
import type { GgufModelConfig } from './model-config.ts';

export interface TensorPlan {
  /** Hugging Face's name. */
  readonly name: string;
  readonly source: GgufTensor;
  /** What convert_hf_to_gguf.py added to every value. */
  readonly added: number;
  /** Rows of one head where they must be put back in order, else undefined. */
  readonly unpermuteHeadRows: number | undefined;
}

/** In the order of the model; tensors that the family does not know are an error, not left out. */
export function planTensors(gguf: Gguf, config: GgufModelConfig): readonly TensorPlan[] {
  const expected = expectedTensors(config);
  const unknown = [...gguf.tensors.keys()].find((name) => !expected.some(({ from }) => from === name));
  if (unknown !== undefined) throw new UserError(`${gguf.file}: tensor ${unknown} belongs to no ${String(config.model_type)} model`);
  return expected.map(({ from, to, shape, permuted }) => {
    const source = gguf.tensors.get(from);
    if (source === undefined) throw new UserError(`${gguf.file}: tensor ${from} is missing`);
    if (source.shape.join() !== shape.join()) {
      throw new UserError(
        `${gguf.file}: tensor ${from} has shape [${source.shape.join(', ')}], the metadata asks for [${shape.join(', ')}]`,
      );
    }
    return {
      name: to,
      source,
      added: config.model_type === GEMMA && to.endsWith('norm.weight') ? 1 : 0,
      unpermuteHeadRows: permuted ? config.head_dim : undefined,
    };
  });
}

/** Its norms multiply by 1 + w; the files hold the sum. */
const GEMMA = 'gemma3_text';

interface Expected {
  readonly from: string;
  readonly to: string;
  readonly shape: readonly number[];
  readonly permuted: boolean;
}

function expectedTensors(config: GgufModelConfig): Expected[] {
  const { hidden_size: hidden, vocab_size: vocab } = config;
  const layers = Array.from({ length: config.num_hidden_layers }, (_, layer) => layerTensors(config, layer)).flat();
  return [
    { from: 'token_embd.weight', to: 'model.embed_tokens.weight', shape: [vocab, hidden], permuted: false },
    ...layers,
    { from: 'output_norm.weight', to: 'model.norm.weight', shape: [hidden], permuted: false },
    ...(config.tie_word_embeddings ? [] : [{ from: 'output.weight', to: 'lm_head.weight', shape: [vocab, hidden], permuted: false }]),
  ];
}

function layerTensors(config: GgufModelConfig, layer: number): Expected[] {
  const { hidden_size: hidden, intermediate_size: inner } = config;
  const queries = config.num_attention_heads * config.head_dim;
  const keys = config.num_key_value_heads * config.head_dim;
  const llama = config.model_type === 'llama';
  const tensor = (from: string, to: string, shape: readonly number[], permuted = false): Expected => ({
    from: `blk.${layer}.${from}`,
    to: `model.layers.${layer}.${to}`,
    shape,
    permuted,
  });
  const biases = [
    tensor('attn_q.bias', 'self_attn.q_proj.bias', [queries], llama),
    tensor('attn_k.bias', 'self_attn.k_proj.bias', [keys], llama),
    tensor('attn_v.bias', 'self_attn.v_proj.bias', [keys]),
  ];
  const gemmaNorms = [
    tensor('attn_q_norm.weight', 'self_attn.q_norm.weight', [config.head_dim]),
    tensor('attn_k_norm.weight', 'self_attn.k_norm.weight', [config.head_dim]),
    tensor('post_attention_norm.weight', 'post_attention_layernorm.weight', [hidden]),
    tensor('ffn_norm.weight', 'pre_feedforward_layernorm.weight', [hidden]),
    tensor('post_ffw_norm.weight', 'post_feedforward_layernorm.weight', [hidden]),
  ];
  return [
    tensor('attn_norm.weight', 'input_layernorm.weight', [hidden]),
    tensor('attn_q.weight', 'self_attn.q_proj.weight', [queries, hidden], llama),
    tensor('attn_k.weight', 'self_attn.k_proj.weight', [keys, hidden], llama),
    tensor('attn_v.weight', 'self_attn.v_proj.weight', [keys, hidden]),
    ...(config.attention_bias ? biases : []),
    tensor('attn_output.weight', 'self_attn.o_proj.weight', [hidden, queries]),
    ...(config.model_type === GEMMA ? gemmaNorms : [tensor('ffn_norm.weight', 'post_attention_layernorm.weight', [hidden])]),
    tensor('ffn_gate.weight', 'mlp.gate_proj.weight', [inner, hidden]),
    tensor('ffn_up.weight', 'mlp.up_proj.weight', [inner, hidden]),
    tensor('ffn_down.weight', 'mlp.down_proj.weight', [hidden, inner]),
  ];
}
