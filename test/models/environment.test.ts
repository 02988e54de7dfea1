// The numeric environment of a verb comes from config.json alone and says what may change a bit.
import { describe, expect, it } from 'vitest';
import { numericEnvironment } from '../../models/environment.ts';
import { promptFeeds } from '../../models/graph/forward.ts';
import { parseModelConfig } from '../../models/graph/model-config.ts';

const config = {
  model_type: 'llama',
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  vocab_size: 512,
  max_position_embeddings: 8,
  rms_norm_eps: 1e-6,
};
const of = (verb: 'capture' | 'inject' | 'score' | 'generate', change = {}) =>
  numericEnvironment({ config: { ...config, ...change } }, { verb, precision: 'float32', device: 'cpu' });

describe('the numeric environment', () => {
  it('names provider, precision, library and graph', () => {
    expect(of('capture')).toEqual({
      precision: 'float32',
      provider: 'cpu',
      tf32: false,
      onnxruntime: '1.30.0',
      graph: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(of('capture')).toEqual(of('capture'));
  });

  it('has a graph of its own for each verb and architecture', () => {
    const graphs = [
      ...(['capture', 'inject', 'score', 'generate'] as const).map((verb) => of(verb)),
      of('capture', { rms_norm_eps: 1e-5 }),
      of('capture', { num_hidden_layers: 3 }),
    ];
    expect(new Set(graphs.map(({ graph }) => graph)).size).toBe(graphs.length);
  });

  it('does not depend on the precision that weights are published in', () => {
    expect(of('inject', { torch_dtype: 'bfloat16' })).toEqual(of('inject', { dtype: 'float32' }));
  });

  it('of an export has the graph that it was made from, and the verb', () => {
    const exported = (verb: 'capture' | 'inject', graph: string) =>
      numericEnvironment({ graph }, { verb, precision: 'float32', device: 'cpu' });
    const graphs = [exported('capture', 'a'), exported('inject', 'a'), exported('capture', 'b')].map(({ graph }) => graph);
    expect(new Set(graphs).size).toBe(3);
    expect(exported('capture', 'a')).toEqual({ ...of('capture'), graph: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it('refuses what is not supported', () => {
    expect(() => of('capture', { model_type: 'gemma3' })).toThrow('model_type "gemma3" is not supported');
  });
});

describe('a prompt', () => {
  it.each([
    [[], 'a prompt of 0 tokens: this model takes 1 to 8'],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9], 'a prompt of 9 tokens: this model takes 1 to 8'],
    [[1, 512], "token id 512 is none of this model's 512"],
  ])('of %j is refused', (ids, message) => {
    expect(() => promptFeeds(parseModelConfig(config), ids)).toThrow(message);
  });
});
