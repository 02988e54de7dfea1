import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutShards } from '../../activities/look-up-units.ts';

describe('cutShards', () => {
  it('keeps every unit once and in order, no shard above the cap, none a small remainder', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.integer({ min: 1, max: 300 }), (count, cap) => {
        const units = Array.from({ length: count }, (_, prompt) => ({ prompt }));
        const shards = cutShards(units, cap);
        expect(shards.flat()).toEqual(units);
        const sizes = shards.map((shard) => shard.length);
        expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(cap);
        expect(sizes.every((size) => size > 0)).toBe(true);
        expect(sizes.length).toBe(Math.ceil(count / cap));
      }),
    );
  });
});
