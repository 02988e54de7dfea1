import { describe, expect, it } from 'vitest';
import { digestOf } from '../../artifacts/digest.ts';
import { type KeyParts, unitKey } from '../../artifacts/key.ts';
import { explainMiss, formatChange } from '../../pipelines/explain.ts';

const parts: KeyParts = {
  step: 'inject-noise',
  version: 1,
  identity: { model: digestOf('model'), seed: 42, temperatures: [0.8, 1] },
  coordinates: { prompt: 3, scale: 0.1 },
  inputs: { prompts: digestOf('ids') },
  environment: { precision: 'float32', provider: 'cpu' },
};
const manifest = (change: Partial<KeyParts>, startedAt = '2026-01-01') => ({ ...unitKey({ ...parts, ...change }), startedAt });
const { components } = unitKey(parts);
const said = (...candidates: ReturnType<typeof manifest>[]) => explainMiss(components, candidates).changes.map(formatChange);

describe('explainMiss', () => {
  it('names the part that differs, old -> new', () => {
    expect(said(manifest({ identity: { ...parts.identity, seed: 41 } }))).toEqual(['identity.seed: 41 -> 42']);
    expect(said(manifest({ version: 2 }))).toEqual(['version: 2 -> 1']);
    expect(said(manifest({ environment: null }))).toEqual(['environment: null -> {"precision":"float32","provider":"cpu"}']);
    expect(said(manifest({ inputs: { prompts: digestOf('old') } }))).toEqual([
      `inputs.prompts: ${digestOf('old').slice(0, 12)} -> ${digestOf('ids').slice(0, 12)}`,
    ]);
    expect(said(manifest({ identity: { model: digestOf('model'), seed: 42 } }))).toEqual(['identity.temperatures: none -> [0.8,1]']);
  });

  it('takes the nearest: the same place before fewer changes, the latest of equals', () => {
    const [elsewhere, two, one, later] = [
      manifest({ coordinates: { prompt: 4, scale: 0.1 } }),
      manifest({ version: 2, environment: null }),
      manifest({ version: 2 }),
      manifest({ version: 3 }, '2026-02-02'),
    ];
    expect(explainMiss(components, [elsewhere, two, one]).nearest).toBe(one.key);
    expect(explainMiss(components, [later, elsewhere, one]).nearest).toBe(later.key);
    expect(said(elsewhere)).toEqual(['coordinates.prompt: 4 -> 3']);
  });

  it('says nothing of other steps, and nothing changed where the same key is there', () => {
    expect(explainMiss(components, [manifest({ step: 'capture-hidden' })])).toEqual({ nearest: undefined, changes: [] });
    expect(explainMiss(components, [manifest({})]).changes).toEqual([]);
  });
});
