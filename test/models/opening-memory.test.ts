import { totalmem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { modelCatalog } from '../../models/catalog.ts';
import { machineMemoryBytes, type OpeningRequest, refuseBeyondMemory } from '../../models/opening-memory.ts';

describe('refuseBeyondMemory', () => {
  // 1.8 billion weights, published in bfloat16.
  const model: OpeningRequest = { weightCount: 1.8e9, weightBytes: 2, precision: 'float32' };

  it.each([
    ['float32', 14.4e9],
    ['float16', 14.4e9],
    ['int8', 36e9],
    ['int4', 36e9],
  ] as const)('opens %s where the machine holds what that takes, and not below', (precision, needed) => {
    expect(() => refuseBeyondMemory('/models/big', { ...model, precision }, needed)).not.toThrow();
    expect(() => refuseBeyondMemory('/models/big', { ...model, precision }, needed - 1)).toThrow(`at precision ${precision}`);
  });

  it('maps float32 weights and packs them: 4 bytes each', () => {
    const published = { ...model, weightBytes: 4 } as const;
    expect(() => refuseBeyondMemory('/models/big', published, 7.2e9)).not.toThrow();
  });

  it('says what to do instead', () => {
    expect(() => refuseBeyondMemory('/models/big', { ...model, precision: 'int8' }, 25.3e9)).toThrow(
      '/models/big: opening its weights at precision int8 takes about 36.0 GB, this machine has 25.3 GB; take float32, or a smaller model, or a worker with more memory',
    );
  });
});

it('knows the memory that this process may use', () => {
  expect(machineMemoryBytes()).toBeGreaterThan(1e8);
  expect(machineMemoryBytes()).toBeLessThanOrEqual(totalmem());
});

describe('the catalogue', () => {
  it.each(Object.values(modelCatalog))('counts the weights of $name', ({ config, weightCount }) => {
    const size = (key: string) => Number(config[key]);
    const [hidden, head] = [size('hidden_size'), size('head_dim')];
    const [queries, pairs] = [size('num_attention_heads') * head, size('num_key_value_heads') * head];
    // Gemma 3 has norms behind attention and MLP too, and of a head's query and key.
    const norms = config.model_type === 'gemma3_text' ? 4 * hidden + 2 * head : 2 * hidden;
    const layer = 2 * hidden * queries + 2 * hidden * pairs + 3 * hidden * size('intermediate_size') + norms;
    expect(config.tie_word_embeddings).toBe(true);
    expect(weightCount).toBe(size('vocab_size') * hidden + size('num_hidden_layers') * layer + hidden);
  });
});
