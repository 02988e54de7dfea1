// Qwen2 and Qwen2.5 (the study's DeepSeek-R1-Distill-Qwen too): llama with biases on q, k and v, whatever the config says.
// Follows transformers' modeling_qwen2.py; sliding windows are refused where they are switched on.
import type { Family } from './family.ts';

export const qwen2: Family = {
  name: 'qwen2',
  architecture: 'Qwen2ForCausalLM',
  defaultRopeTheta: 10_000,
  defaultTiedHead: false,
  switches: [],
  parts: () => ({ queryKeyValueBias: true, outputBias: false, mlpBias: false, queryKeyNorm: false }),
};
