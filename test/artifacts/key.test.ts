import { describe, expect, it } from 'vitest';
import { digestOf } from '../../artifacts/digest.ts';
import { type KeyParts, keyComponentsSchema, keyOf, unitKey } from '../../artifacts/key.ts';

const parts: KeyParts = {
  step: 'inject-noise',
  version: 1,
  identity: { model: digestOf('model'), seed: 42 },
  coordinates: { prompt: 3, draw: 2, scale: 0.1 },
  inputs: { prompts: digestOf('ids') },
  environment: { precision: 'float32', provider: 'cpu' },
};

describe('unitKey', () => {
  it('is the same for ever: a changed value here makes every stored unit a miss', () => {
    expect(unitKey(parts).key).toBe('cb3a94944e547af7b99d7cc026d03e7bac7cd438b48313d076c94bae2f414b18');
  });

  it('does not depend on the order of names', () => {
    expect(
      unitKey({ ...parts, coordinates: { scale: 0.1, draw: 2, prompt: 3 }, identity: { seed: 42, model: digestOf('model') } }).key,
    ).toBe(unitKey(parts).key);
  });

  it.each<[string, Partial<KeyParts>]>([
    ['step', { step: 'capture-hidden' }],
    ['version', { version: 2 }],
    ['identity', { identity: { model: digestOf('model'), seed: 43 } }],
    ['coordinates', { coordinates: { prompt: 3, draw: 2, scale: 0.2 } }],
    ['a coordinate that is text', { coordinates: { prompt: '3', draw: 2, scale: 0.1 } }],
    ['inputs', { inputs: { prompts: digestOf('other ids') } }],
    ["an input's name", { inputs: { questions: digestOf('ids') } }],
    ['environment', { environment: null }],
  ])('contains %s', (_, change) => {
    expect(unitKey({ ...parts, ...change }).key).not.toBe(unitKey(parts).key);
  });

  it('can be computed again from the components in a manifest', () => {
    const { key, components } = unitKey(parts);
    expect(keyOf(keyComponentsSchema.parse(JSON.parse(JSON.stringify(components))))).toBe(key);
  });
});
