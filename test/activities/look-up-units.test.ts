import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutShards } from '../../activities/look-up-units.ts';
import { unitsPerShard, unitsWithin } from '../../activities/shard-size.ts';
import type { Manifest } from '../../artifacts/manifest.ts';
import type { PlanNode } from '../../pipelines/plan.ts';
import type { StepDefinition } from '../../pipelines/step.ts';

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

describe('unitsWithin', () => {
  it.each([
    [0.5, 75, 60],
    [10, 75, 3],
    [100, 75, 1],
    [0.001, 75, 750],
    [0, 75, 750],
  ])('units of %s s, %s of them by the step itself: %s', (seconds, own, expected) => {
    expect(unitsWithin(seconds, own)).toBe(expected);
  });
});

describe('unitsPerShard', () => {
  const node = { step: 'inject-noise', queue: 'tstar-cpu', identity: { model: 'a' }, params: {}, shardUnits: 75 } as unknown as PlanNode;
  const unit = (durationMs: number, model = 'a'): Manifest =>
    ({
      components: { step: 'inject-noise', identity: { model } },
      device: 'cpu',
      durationMs,
      outputs: {},
      run: 'r',
    }) as unknown as Manifest;

  it("is the step's own number without history, also with that of another model", async () => {
    expect(await unitsPerShard({ manifests: [], step: undefined, node, hits: [] })).toBe(75);
    expect(await unitsPerShard({ manifests: [unit(1000, 'b')], step: undefined, node, hits: [] })).toBe(75);
  });

  it('is 30 s of units that are there, or of units of other runs', async () => {
    expect(await unitsPerShard({ manifests: [], step: undefined, node, hits: [unit(1000), unit(3000)] })).toBe(15);
    expect(await unitsPerShard({ manifests: [unit(1000)], step: undefined, node, hits: [] })).toBe(30);
  });

  it('reads no further than a price needs', async () => {
    let read = 0;
    async function* endless(): AsyncIterable<Manifest> {
      for (; ; read++) yield unit(1000);
    }
    expect(await unitsPerShard({ manifests: endless(), step: undefined, node, hits: [] })).toBe(30);
    expect(read).toBeLessThanOrEqual(2000);
  });

  it('keeps a batch whole', async () => {
    const step = { shardsAre: 'batches' } as StepDefinition;
    expect(await unitsPerShard({ manifests: [], step, node, hits: [unit(60_000)] })).toBe(75);
  });
});
