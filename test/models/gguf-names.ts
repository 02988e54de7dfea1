// Names of tensors as llama.cpp's converter writes them, from those of Hugging Face: the product's table read backwards.
const EVERY_FAMILY: Readonly<Record<string, string>> = {
  'model.embed_tokens': 'token_embd',
  'model.norm': 'output_norm',
  input_layernorm: 'attn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};

/** `model.layers.1.mlp.up_proj.weight` -> `blk.1.ffn_up.weight`, biases alike; `own` are the names that a family has of its own. */
export function ggufName(name: string, own: Readonly<Record<string, string>>): string {
  const [, layer, part, kind] = /^(?:model\.layers\.(\d+)\.)?(.*)\.(weight|bias)$/.exec(name) ?? [];
  const plain = { ...EVERY_FAMILY, ...own }[part ?? ''];
  return layer === undefined ? `${plain}.${kind}` : `blk.${layer}.${plain}.${kind}`;
}
