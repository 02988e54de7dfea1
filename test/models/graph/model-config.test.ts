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
      ropes: [{ kind: 'default', theta: 10_000 }],
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
    expect(newer.ropes).toEqual(old.ropes);
    expect(old.ropes[0]).toEqual({
      kind: 'llama3',
      theta: 500_000,
      factor: 8,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalMaxPositions: 64,
    });
    expect(parseModelConfig({ ...llama, rope_scaling: { type: 'linear', factor: 2 } }).ropes[0]).toEqual({
      kind: 'linear',
      theta: 10_000,
      factor: 2,
    });
  });

  it.each([
    [{ model_type: 'mamba' }, 'config.json: model_type "mamba" is not supported; known: llama, qwen2, qwen3, mistral, phi3, gemma3_text'],
    [{ architectures: ['LlamaForSequenceClassification'] }, 'architectures LlamaForSequenceClassification is not supported'],
    [{ hidden_act: 'gelu' }, 'hidden_act gelu is not supported; expected silu'],
    [{ use_sliding_window: true }, 'use_sliding_window is not supported for llama'],
    [{ quantization_config: { bits: 4 }, logits_scaling: 8 }, 'quantization_config, logits_scaling is not supported for llama'],
    [
      { rope_scaling: { rope_type: 'ntk', factor: 4 } },
      'rope_scaling: rotary scaling ntk is not supported; known: default, linear, dynamic',
    ],
    [{ rope_scaling: { rope_type: 'longrope', factor: 4 } }, 'rotary scaling longrope is not supported'],
    [{ rope_scaling: { rope_type: 'yarn' } }, 'rotary scaling yarn needs factor'],
    [{ rope_scaling: { rope_type: 'linear', factor: 2, beta_fast: 8 } }, 'beta_fast is not supported with rotary scaling linear'],
    [{ partial_rotary_factor: 0.5 }, 'partial_rotary_factor is not supported for llama'],
    [{ rope_parameters: { partial_rotary_factor: 0.5 } }, 'partial_rotary_factor is not supported for llama'],
    [{ sliding_window: 128 }, 'sliding_window is not supported for llama'],
    [
      { model_type: 'qwen2', architectures: undefined, layer_types: ['full_attention', 'sliding_attention'] },
      'layer_types is not supported for qwen2',
    ],
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

describe('the parts of a family', () => {
  const { architectures: _, tie_word_embeddings: __, ...sizes } = llama;
  const read = (change: object) => parseModelConfig({ ...sizes, ...change });
  const gemma = { model_type: 'gemma3_text', hidden_activation: 'gelu_pytorch_tanh', num_hidden_layers: 7, sliding_window: 512 };
  const phi = { model_type: 'phi3', hidden_size: 128, original_max_position_embeddings: 256 };

  it('mistral: every layer slides, unless the window is null or no sequence outgrows it', () => {
    const windows = (change: object) => read({ model_type: 'mistral', ...change }).layers.map(({ window }) => window);
    expect(windows({ sliding_window: 128 })).toEqual([128, 128]);
    expect(windows({ sliding_window: null })).toEqual([null, null]);
    expect(windows({})).toEqual([null, null]);
    expect(windows({ max_position_embeddings: 8192 })).toEqual([4096, 4096]);
    expect(read({ model_type: 'mistral', num_key_value_heads: undefined, num_attention_heads: 8 }).keyValueHeadCount).toBe(8);
  });

  it('gemma3: one global layer in six, with a rotary base of its own', () => {
    const config = read(gemma);
    expect(config.layers.map(({ window }) => window)).toEqual([512, 512, 512, 512, 512, null, 512]);
    expect(config.layers.map(({ rope }) => rope)).toEqual([1, 1, 1, 1, 1, 0, 1]);
    expect(config.ropes).toEqual([
      { kind: 'default', theta: 1_000_000 },
      { kind: 'default', theta: 10_000 },
    ]);
    expect(config).toMatchObject({ headSize: 256, tiedHead: true, attentionScale: 1 / 16, branchNorms: true, normOffset: 1 });
  });

  it('phi3: fused projections, part of a head rotates, long sequences by factors of their own', () => {
    const factors = { short_factor: [1, 1, 1, 1, 1, 1, 1, 1], long_factor: [1, 1, 2, 2, 4, 4, 8, 8] };
    const config = read({ ...phi, partial_rotary_factor: 0.5, rope_scaling: { type: 'su', ...factors } });
    expect(config).toMatchObject({ fusedProjections: true, headSize: 32, rotarySize: 16, layers: [{ window: null }, { window: null }] });
    expect(config.ropes[0]).toMatchObject({ kind: 'longrope', originalMaxPositions: 256, longFactors: factors.long_factor });
  });

  it.each([
    [{ ...gemma, final_logit_softcapping: 30 }, 'final_logit_softcapping is not supported for gemma3_text'],
    [{ ...gemma, attn_logit_softcapping: 50 }, 'attn_logit_softcapping is not supported for gemma3_text'],
    [{ ...gemma, use_bidirectional_attention: true }, 'use_bidirectional_attention is not supported for gemma3_text'],
    [{ ...gemma, hidden_activation: 'gelu' }, 'hidden_activation gelu is not supported; expected gelu_pytorch_tanh'],
    [{ ...gemma, layer_types: ['full_attention'] }, 'layer_types has 1 values, num_hidden_layers is 7'],
    [{ ...gemma, rope_parameters: { rope_theta: 1 } }, 'rope_parameters.rope_theta is not supported; expected full_attention and'],
    [{ ...gemma, rope_scaling: { rope_type: 'yarn', factor: 2 } }, 'rotary scaling yarn is not supported; known: default, linear'],
    [{ ...phi, rope_scaling: { type: 'longrope', short_factor: [1], long_factor: [1] } }, 'short_factor has 1 numbers, expected 16'],
    [{ ...phi, rope_scaling: { type: 'longrope', short_factor: [1] } }, 'rotary scaling longrope needs long_factor'],
    [{ ...phi, attention_bias: true }, 'attention_bias is not supported for phi3'],
  ])('%j is refused', (change, message) => {
    expect(() => read(change)).toThrow(message);
  });
});

describe('rotary frequencies', () => {
  it('fall from 1 by powers of theta; linear scaling divides them', () => {
    const frequencies = inverseFrequencies({ kind: 'default', theta: 10_000 }, 4);
    expect([...frequencies]).toEqual([1, Math.fround(0.01)]);
    expect([...inverseFrequencies({ kind: 'linear', theta: 10_000, factor: 2 }, 4)]).toEqual([0.5, Math.fround(0.005)]);
  });

  it('llama3 keeps short waves and stretches long ones', () => {
    const rope = parseModelConfig({ ...llama, rope_theta: 500_000, rope_scaling: llama3 }).ropes[0]!;
    const [scaled, plain] = [inverseFrequencies(rope, 64), inverseFrequencies({ kind: 'default', theta: 500_000 }, 64)];
    expect(scaled[0]).toBe(plain[0]);
    expect(scaled[31]).toBe(Math.fround(500_000 ** (-62 / 64) / 8));
  });
});
