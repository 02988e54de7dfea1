// Llama, and all that is published in its architecture (SmolLM2, TinyLlama, DeepSeek-R1-Distill-Llama).
// Follows transformers' modeling_llama.py: biases only where the config asks for them.
import { everyLayer, type Family, GENERAL_ROPES, plainParts } from './family.ts';

export const llama: Family = {
  name: 'llama',
  architecture: 'LlamaForCausalLM',
  defaultRopeTheta: 10_000,
  ropeKinds: GENERAL_ROPES,
  defaultTiedHead: false,
  activationKey: 'hidden_act',
  keys: ['attention_bias', 'mlp_bias'],
  layerTypes: (config) => everyLayer('full_attention', config),
  parts: ({ attention_bias: bias = false, mlp_bias: mlpBias = false }) => ({
    ...plainParts,
    queryKeyValueBias: bias,
    outputBias: bias,
    mlpBias,
  }),
};
