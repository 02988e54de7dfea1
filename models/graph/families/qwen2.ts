// Qwen2 and Qwen2.5 (the study's DeepSeek-R1-Distill-Qwen too): llama with biases on q, k and v, whatever the config says.
// Follows transformers' modeling_qwen2.py; sliding windows are refused where they are switched on.
import { everyLayer, type Family, GENERAL_ROPES, plainParts } from './family.ts';

export const qwen2: Family = {
  name: 'qwen2',
  architecture: 'Qwen2ForCausalLM',
  defaultRopeTheta: 10_000,
  ropeKinds: GENERAL_ROPES,
  defaultTiedHead: false,
  activationKey: 'hidden_act',
  // The first two mean nothing while `use_sliding_window` is off.
  keys: ['sliding_window', 'max_window_layers', 'layer_types'],
  layerTypes: (config) => everyLayer('full_attention', config),
  parts: () => ({ ...plainParts, queryKeyValueBias: true }),
};
