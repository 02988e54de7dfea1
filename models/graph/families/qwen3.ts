// Qwen3 (dense): llama with RMS norms on the heads of q and k, and a head size of its own.
// Follows transformers' modeling_qwen3.py; sliding windows are refused where they are switched on.
import { everyLayer, type Family, GENERAL_ROPES, plainParts } from './family.ts';

export const qwen3: Family = {
  name: 'qwen3',
  architecture: 'Qwen3ForCausalLM',
  defaultRopeTheta: 10_000,
  ropeKinds: GENERAL_ROPES,
  defaultTiedHead: false,
  activationKey: 'hidden_act',
  // `sliding_window` and `max_window_layers` mean nothing while `use_sliding_window` is off.
  keys: ['attention_bias', 'sliding_window', 'max_window_layers', 'layer_types'],
  layerTypes: (config) => everyLayer('full_attention', config),
  parts: ({ attention_bias: bias = false }) => ({ ...plainParts, queryKeyValueBias: bias, outputBias: bias, queryKeyNorm: true }),
};
