import { describe, expect, it } from 'vitest';
import { sampleToken } from '../../numerics/sample-token.ts';

describe('sampleToken', () => {
  const logits = [Math.log(1), Math.log(2), Math.log(5)];

  it('is the inverse of the distribution function', () => {
    const at = (uniform: number, temperature = 1) => sampleToken(logits, { temperature, uniform });
    expect([0.001, 0.124, 0.126, 0.374, 0.376, 0.999].map((u) => at(u))).toEqual([0, 0, 1, 1, 2, 2]);
    // At T = 0.5 the weights are 1, 4, 25.
    expect([1 / 30 - 1e-9, 1 / 30 + 1e-9, 5 / 30 - 1e-9, 5 / 30 + 1e-9].map((u) => at(u, 0.5))).toEqual([0, 1, 1, 2]);
  });

  it('takes the first of the greatest where greedy, and never what is left out', () => {
    expect(sampleToken([1, 3, 3], { temperature: 0, uniform: 0.9 })).toBe(1);
    expect(sampleToken([1, 3, 3], { temperature: 0, uniform: 0.9, without: new Set([1]) })).toBe(2);
    expect(sampleToken(logits, { temperature: 1, uniform: 1 - 2 ** -53, without: new Set([2]) })).toBe(1);
    expect(() => sampleToken([1], { temperature: 1, uniform: 0.5, without: new Set([0]) })).toThrow(RangeError);
  });

  it('holds at logits that exp overflows at', () => {
    expect(sampleToken([1e30, -1e30], { temperature: 0.01, uniform: 0.999 })).toBe(0);
  });
});
