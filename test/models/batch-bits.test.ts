// What shares a batch, a shard or an order never changes a bit: scales alone or together, prompts in any order, groups cut
// anywhere. (Bits are compared, not tolerances: artifacts are named by their digests.)
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { capture } from '../../models/capture.ts';
import type { InjectRequest, NoisyHiddenState, ScoreRequest } from '../../models/engine.ts';
import { type ForwardEngine, openForwardEngine } from '../../models/forward-engine.ts';
import { inject } from '../../models/inject.ts';
import { score } from '../../models/score.ts';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import { all, hasSmollm2, modelFiles, smollm2Folder, smollm2Reference, TINY_MODELS, tinyFiles, tinyReference } from './reference-model.ts';

const SCALES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9];
type Group = InjectRequest['groups'][number];

describe.skipIf(!hasMirror)(`bits of the forward verbs (${hasMirror ? 'tiny models' : NO_MIRROR})`, () => {
  describe.each(TINY_MODELS)('%s', (name) => {
    let engine: ForwardEngine;
    beforeAll(async () => {
      engine = await openForwardEngine(tinyFiles(name), { precision: 'float32', device: 'cpu' });
    });
    afterAll(() => engine?.close());
    // Odd lengths too: reductions over rows that start at odd addresses are where bits were lost.
    const ids = (length: number) => tinyReference(name).prompts[2]!.ids.slice(0, length);

    test.each(['shared', 'independent'] as const)('inject, %s noise: a scale alone or among others, in any order', async (noise) => {
      const run = (groups: Group[]) => all(inject(engine, { seed: 42, noise, groups }));
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 131 }), fc.shuffledSubarray(SCALES, { minLength: 2 }), async (length, scales) => {
          const group = { prompt: 3, ids: ids(length), draw: 1 };
          const together = byScale(await run([{ ...group, scales }]));
          for (const scale of scales.slice(0, 3)) {
            const alone = byScale(await run([{ ...group, scales: [scale] }]));
            expect(bits(alone.get(scale)!)).toBe(bits(together.get(scale)!));
          }
        }),
        { numRuns: 12, seed: 7 },
      );
    });

    test('capture: a prompt alone or among others, in any order', async () => {
      const prompts = [131, 64, 17].map((length, prompt) => ({ prompt, ids: ids(length) }));
      const together = await all(capture(engine, { prompts }));
      const reversed = (await all(capture(engine, { prompts: [...prompts].reverse() }))).reverse();
      expect(reversed).toEqual(together);
      for (const [i, prompt] of prompts.entries()) expect(await all(capture(engine, { prompts: [prompt] }))).toEqual([together[i]]);
    });

    test('capture and inject: shards cut anywhere, prompts of any lengths in any order', async () => {
      const lengths = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 2, maxLength: 5 });
      await fc.assert(
        fc.asyncProperty(lengths, fc.nat(), fc.boolean(), async (drawn, cut, isReversed) => {
          const prompts = drawn.map((length, prompt) => ({ prompt, ids: ids(length) }));
          const groups = prompts.map((prompt) => ({ ...prompt, draw: 2, scales: [0.05, 0.2] }));
          const request = { seed: 5, noise: 'shared' } as const;
          const [hidden, noisy] = [await all(capture(engine, { prompts })), await all(inject(engine, { ...request, groups }))];
          const at = 1 + (cut % (drawn.length - 1));
          for (const shard of [groups.slice(0, at), groups.slice(at)]) {
            const own = isReversed ? shard.toReversed() : shard;
            const ofShard = <T extends { prompt: number }>(states: readonly T[]) =>
              own.flatMap(({ prompt }) => states.filter((state) => state.prompt === prompt));
            expect(await all(capture(engine, { prompts: own }))).toEqual(ofShard(hidden));
            expect(await all(inject(engine, { ...request, groups: own }))).toEqual(ofShard(noisy));
          }
        }),
        { numRuns: 3, seed: 8 },
      );
    });

    test('score: any draws, noises and shards', async () => {
      const [state] = await all(capture(engine, { prompts: [{ prompt: 0, ids: ids(23) }] }));
      const request = { seed: 9, noise: 'shared', tBase: 0.8, temperatures: [0.56, 1.04] } as const;
      const draws = Array.from({ length: 9 }, (_, draw) => ({ ...state!, prompt: 0, draw, noises: [0.05, 0.75, 0.2] }));
      const together = await all(score(engine, { ...request, groups: draws }));
      const find = (draw: number, noise: number) => together.find((scored) => scored.draw === draw && scored.noise === noise);
      await fc.assert(
        fc.asyncProperty(
          fc.shuffledSubarray(draws, { minLength: 1 }),
          fc.shuffledSubarray([0.05, 0.75, 0.2], { minLength: 1 }),
          async (some, noises) => {
            const found = await all(score(engine, { ...request, groups: some.map((draw) => ({ ...draw, noises })) }));
            expect(found).toEqual(some.flatMap(({ draw }) => noises.map((noise) => find(draw, noise))));
          },
        ),
        { numRuns: 8, seed: 10 },
      );
    });

    test.each(['shared', 'independent'] as const)(
      'score, %s noise: a noise alone or among others, a draw alone or among others',
      async (noise) => {
        const [state] = await all(capture(engine, { prompts: [{ prompt: 0, ids: ids(41) }] }));
        const group = { ...state!, prompt: 0 };
        const request = (groups: ScoreRequest['groups']) => ({ seed: 42, noise, tBase: 0.8, temperatures: [0.56, 0.8, 1.04], groups });
        const draws = [0, 1].map((draw) => ({ ...group, draw, noises: [0.05, 0.5, 0.1] }));
        const together = await all(score(engine, request(draws)));
        const apart = draws.flatMap((draw) => draw.noises.map((one) => ({ ...draw, noises: [one] }))).reverse();
        expect((await all(score(engine, request(apart)))).reverse()).toEqual(together);
        const [first, , other] = together;
        const [, second] = await all(score(engine, { ...request([{ ...group, draw: 0, noises: [0.05, 0.5] }]), temperatures: [1.04] }));
        expect(second!.klByTemperature[0]).toBe(together[1]!.klByTemperature[2]);
        expect(first!.alpha).not.toBe(other!.alpha);
      },
    );

    test('draws, prompts and seeds give other noise; independent scales too', async () => {
      const group = { prompt: 0, ids: ids(20), draw: 0, scales: [0.1] };
      const one = async (request: Partial<InjectRequest>, changed: Partial<Group> = {}) =>
        bits((await all(inject(engine, { seed: 42, noise: 'shared', groups: [{ ...group, ...changed }], ...request })))[0]!.hiddenLast);
      const seen = [
        await one({}),
        await one({}, { draw: 1 }),
        await one({}, { prompt: 1 }),
        await one({ seed: 43 }),
        await one({ noise: 'independent' }),
      ];
      expect(new Set(seen).size).toBe(seen.length);
    });
  });
});

describe.skipIf(!hasSmollm2)(
  `bits of the forward verbs on SmolLM2${hasSmollm2 ? '' : ' (TSTAR_TEST_SMOLLM2 names no converted model)'}`,
  () => {
    test('five scales together give each scale’s own bits', async () => {
      const engine = await openForwardEngine(modelFiles(smollm2Folder), { precision: 'float32', device: 'cpu' });
      const group = { prompt: 0, ids: smollm2Reference().prompts[2]!.ids, draw: 0 };
      const run = async (scales: number[]) =>
        byScale(await all(inject(engine, { seed: 42, noise: 'shared', groups: [{ ...group, scales }] })));
      const together = await run(SCALES.slice(0, 5));
      for (const scale of [0.01, 0.2]) expect(bits((await run([scale])).get(scale)!)).toBe(bits(together.get(scale)!));
      await engine.close();
    });
  },
);

function byScale(states: readonly NoisyHiddenState[]): Map<number, Float32Array> {
  return new Map(states.map(({ scale, hiddenLast }) => [scale, hiddenLast]));
}

function bits(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');
}
