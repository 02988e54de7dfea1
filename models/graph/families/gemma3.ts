// Gemma 3, text: scaled embeddings, norms of 1 + w before and after each branch and on the heads of q and k, tanh GELU,
// sliding layers with a rotary base of their own between the global ones. Follows transformers' modeling_gemma3.py.
import { type Family, type LayerType, plainParts } from './family.ts';

export const gemma3: Family = {
  name: 'gemma3_text',
  architecture: 'Gemma3ForCausalLM',
  defaultRopeTheta: 1_000_000,
  localRopeTheta: 10_000,
  ropeKinds: ['default', 'linear'],
  defaultTiedHead: true,
  defaults: { head_dim: 256, num_key_value_heads: 4, sliding_window: 4096, query_pre_attn_scalar: 256 },
  activationKey: 'hidden_activation',
  // How a cache is laid out is nothing to a result.
  keys: [
    'attention_bias',
    'sliding_window',
    'layer_types',
    'sliding_window_pattern',
    '_sliding_window_pattern',
    'query_pre_attn_scalar',
    'rope_local_base_freq',
    'cache_implementation',
  ],
  layerTypes(config) {
    const pattern = config.sliding_window_pattern ?? config._sliding_window_pattern ?? 6;
    const byPattern = (layer: number): LayerType => ((layer + 1) % pattern === 0 ? 'full_attention' : 'sliding_attention');
    return config.layer_types ?? Array.from({ length: config.num_hidden_layers }, (_, layer) => byPattern(layer));
  },
  parts: ({ attention_bias: bias = false, query_pre_attn_scalar: queryScalar = null }) => ({
    ...plainParts,
    queryKeyValueBias: bias,
    outputBias: bias,
    queryKeyNorm: true,
    branchNorms: true,
    normOffset: 1,
    scaledEmbedding: true,
    activation: 'gelu_pytorch_tanh',
    queryScalar,
  }),
};
