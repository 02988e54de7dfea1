// Mistral: llama without biases, where each token sees the last `sliding_window` ones, itself among them (null: all).
// Follows transformers' modeling_mistral.py and masking_utils.py (sliding_window_overlay).
import { everyLayer, type Family, GENERAL_ROPES, plainParts } from './family.ts';

export const mistral: Family = {
  name: 'mistral',
  architecture: 'MistralForCausalLM',
  defaultRopeTheta: 10_000,
  ropeKinds: GENERAL_ROPES,
  defaultTiedHead: false,
  defaults: { num_key_value_heads: 8, sliding_window: 4096 },
  activationKey: 'hidden_act',
  keys: ['sliding_window', 'layer_types'],
  layerTypes: (config) => everyLayer(config.sliding_window == null ? 'full_attention' : 'sliding_attention', config),
  parts: () => plainParts,
};
