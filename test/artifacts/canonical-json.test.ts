import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../artifacts/canonical-json.ts';

describe('canonicalJson', () => {
  it('sorts keys, writes no blanks and the shortest numbers, and has one zero', () => {
    expect(canonicalJson({ b: [1.0, 0.1, 1e21, -0], a: { d: null, c: 'é\n' } })).toBe('{"a":{"c":"é\\n","d":null},"b":[1,0.1,1e+21,0]}');
  });

  it.each([
    [{ rows: [{ alpha: Number.NaN }] }, '$.rows[0].alpha is NaN'],
    [{ a: Number.POSITIVE_INFINITY }, '$.a is Infinity'],
    [{ a: undefined }, '$.a is undefined'],
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is refused here.
    [[1, , 2], '$[1] is undefined'],
    [{ a: 1n }, '$.a is a bigint'],
    [{ a: new Date(0) }, '$.a is a Date'],
    [{ a: new Float32Array(1) }, '$.a is a Float32Array'],
    [{ a: () => 1 }, '$.a is a function'],
  ])('refuses what JSON cannot hold and names the place %#', (value, message) => {
    expect(() => canonicalJson(value)).toThrow(message);
  });

  it('reads back as the same value, whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(canonicalJson(reversed(value))).toBe(text);
      }),
    );
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item)]),
  );
}
