// Qwen3 (dense): llama with RMS norms on the heads of q and k, and a head size of its own.
// Follows transformers' modeling_qwen3.py; sliding windows are refused where they are switched on.
import type { Family } from './family.ts';

export const qwen3: Family = {
  name: 'qwen3',
  architecture: 'Qwen3ForCausalLM',
  defaultRopeTheta: 10_000,
  defaultTiedHead: false,
  switches: ['attention_bias'],
  parts: (isOn) => ({
    queryKeyValueBias: isOn('attention_bias'),
    outputBias: isOn('attention_bias'),
    mlpBias: false,
    queryKeyNorm: true,
  }),
};
