// config.json of known families is read; whatever could make a silently wrong model is refused by name.
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../formats/user-error.ts';
import { parseModelConfig } from '../../../models/graph/model-config.ts';
import { inverseFrequencies } from '../../../models/graph/rotary.ts';

const llama = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 512,
  max_position_embeddings: 1024,
  rms_norm_eps: 1e-6,
  tie_word_embeddings: true,
};
const llama3 = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 64 };

describe('a model config', () => {
  it('is read, with defaults of its family', () => {
    expect(parseModelConfig(llama)).toMatchObject({
      family: 'llama',
      headSize: 16,
      keyValueHeadCount: 2,
      tiedHead: true,
      rope: { kind: 'default', theta: 10_000 },
      queryKeyValueBias: false,
    });
    expect(parseModelConfig({ ...llama, attention_bias: true })).toMatchObject({
      queryKeyValueBias: true,
      outputBias: true,
      mlpBias: false,
    });
    const qwen2 = {
      ...llama,
      model_type: 'qwen2',
      architectures: ['Qwen2ForCausalLM'],
      sliding_window: 4096,
      use_sliding_window: false,
      use_mrope: false,
      tie_word_embeddings: undefined,
    };
    expect(parseModelConfig(qwen2)).toMatchObject({ family: 'qwen2', queryKeyValueBias: true, outputBias: false, tiedHead: false });
  });

  it('names rotary scaling in the old way and the new one', () => {
    const old = parseModelConfig({ ...llama, rope_theta: 500_000, rope_scaling: llama3 });
    const newer = parseModelConfig({ ...llama, rope_parameters: { ...llama3, rope_theta: 500_000 } });
    expect(newer.rope).toEqual(old.rope);
    expect(old.rope).toEqual({
      kind: 'llama3',
      theta: 500_000,
      factor: 8,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalMaxPositions: 64,
    });
    expect(parseModelConfig({ ...llama, rope_scaling: { type: 'linear', factor: 2 } }).rope).toEqual({
      kind: 'linear',
      theta: 10_000,
      factor: 2,
    });
  });

  it.each([
    [{ model_type: 'mamba' }, 'config.json: model_type "mamba" is not supported; known: llama, qwen2, qwen3'],
    [{ architectures: ['LlamaForSequenceClassification'] }, 'architectures LlamaForSequenceClassification is not supported'],
    [{ hidden_act: 'gelu' }, 'hidden_act gelu is not supported; expected silu'],
    [{ use_sliding_window: true }, 'use_sliding_window is not supported for llama'],
    [{ quantization_config: { bits: 4 }, logits_scaling: 8 }, 'quantization_config, logits_scaling is not supported for llama'],
    [{ rope_scaling: { rope_type: 'yarn', factor: 4 } }, 'rotary scaling yarn is not supported; known: default, linear, llama3'],
    [{ rope_scaling: { rope_type: 'linear' } }, 'rotary scaling linear needs factor'],
    [{ rope_scaling: { rope_type: 'default', attention_factor: 2 } }, 'rope_scaling'],
    [{ num_attention_heads: 5 }, 'no even integer'],
    [{ num_key_value_heads: 3 }, 'num_attention_heads 4 is no multiple of num_key_value_heads 3'],
    [{ hidden_size: -1 }, 'hidden_size'],
  ])('with %j is refused', (change, message) => {
    expect(() => parseModelConfig({ ...llama, ...change })).toThrow(UserError);
    expect(() => parseModelConfig({ ...llama, ...change })).toThrow(message);
  });
});

describe('rotary frequencies', () => {
  it('fall from 1 by powers of theta; linear scaling divides them', () => {
    const frequencies = inverseFrequencies({ kind: 'default', theta: 10_000 }, 4);
    expect([...frequencies]).toEqual([1, Math.fround(0.01)]);
    expect([...inverseFrequencies({ kind: 'linear', theta: 10_000, factor: 2 }, 4)]).toEqual([0.5, Math.fround(0.005)]);
  });

  it('llama3 keeps short waves and stretches long ones', () => {
    const rope = parseModelConfig({ ...llama, rope_theta: 500_000, rope_scaling: llama3 }).rope;
    const [scaled, plain] = [inverseFrequencies(rope, 64), inverseFrequencies({ kind: 'default', theta: 500_000 }, 64)];
    expect(scaled[0]).toBe(plain[0]);
    expect(scaled[31]).toBe(Math.fround(500_000 ** (-62 / 64) / 8));
  });
});
