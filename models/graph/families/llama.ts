// Llama, and all that is published in its architecture (SmolLM2, TinyLlama, DeepSeek-R1-Distill-Llama).
// Follows transformers' modeling_llama.py: biases only where the config asks for them.
import type { Family } from './family.ts';

export const llama: Family = {
  name: 'llama',
  architecture: 'LlamaForCausalLM',
  defaultRopeTheta: 10_000,
  defaultTiedHead: false,
  switches: ['attention_bias', 'mlp_bias'],
  parts: (isOn) => ({
    queryKeyValueBias: isOn('attention_bias'),
    outputBias: isOn('attention_bias'),
    mlpBias: isOn('mlp_bias'),
    queryKeyNorm: false,
  }),
};
