// The digests of built graphs are parts of keys: a change that was not meant to change a family's graphs must leave them alone.
import { describe, expect, it } from 'vitest';
import type { Verb } from '../../../models/engine.ts';
import { numericEnvironment } from '../../../models/environment.ts';

const base = {
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 512,
  max_position_embeddings: 1024,
  rms_norm_eps: 1e-6,
};
const configs = {
  llama: { ...base, model_type: 'llama', tie_word_embeddings: true, attention_bias: true, mlp_bias: true },
  qwen2: { ...base, model_type: 'qwen2', tie_word_embeddings: false },
  qwen3: { ...base, model_type: 'qwen3', head_dim: 32, tie_word_embeddings: true },
};
const verbs: readonly Verb[] = ['capture', 'inject', 'score', 'generate'];

describe('graph digests', () => {
  it('are those on record', async () => {
    const digests = Object.entries(configs).map(([name, config]) => [
      name,
      Object.fromEntries(verbs.map((verb) => [verb, numericEnvironment({ config }, { verb, precision: 'float32', device: 'cpu' }).graph])),
    ]);
    await expect(`${JSON.stringify(Object.fromEntries(digests), null, 1)}\n`).toMatchFileSnapshot('golden/graph-digests.json');
  });
});
