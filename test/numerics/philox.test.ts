import { describe, expect, it } from 'vitest';
import { philox4x32, type Words } from '../../numerics/philox.ts';

const words = (text: string) => text.split(' ').map((word) => Number.parseInt(word, 16));

describe('philox4x32', () => {
  // Random123 1.14, tests/kat_vectors: counter, key, output.
  it.each([
    ['00000000 00000000 00000000 00000000', '00000000 00000000', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    ['ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ])('gives the known answer of Random123 at counter %s', (counter, key, output) => {
    const [k0, k1] = words(key);
    expect(philox4x32(words(counter) as unknown as Words, [k0!, k1!])).toEqual(words(output));
  });
});
