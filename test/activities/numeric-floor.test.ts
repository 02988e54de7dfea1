// The numeric floor of a real model: what the engine promises to the bit is 0, and an export of the same model, which computes in
// another order, is not.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numericFloor } from '../../activities/numeric-floor.ts';
import { createServices, type Services } from '../../activities/services.ts';
import { floorOf } from '../../activities/summarize-floor.ts';
import { COMPARISONS, type FloorDifference, isNearFloor } from '../../artifacts/floor-record.ts';
import { resolveModel } from '../../models/resolve-model.ts';
import type { StepCall, UnitCall } from '../../pipelines/step.ts';
import { hasMirror, inMirror, NO_MIRROR } from '../mirror.ts';

describe.skipIf(!hasMirror)(`numeric-floor (${NO_MIRROR} where skipped)`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tstar-floor-'));
  let services: Services;
  // A folder needs none.
  const hub = undefined as never;
  beforeAll(() => {
    cpSync(inMirror('fixtures/tiny-llama'), folder, { recursive: true });
    cpSync(inMirror('fixtures/optimum-tiny-llama/onnx'), join(folder, 'onnx'), { recursive: true });
    services = createServices({ store: undefined as never, hub, log: () => {} });
  });
  afterAll(async () => {
    await services?.close();
    rmSync(folder, { recursive: true });
  });

  async function measure(prompts: readonly (readonly number[])[]) {
    const units = prompts.flatMap((ids, prompt) =>
      COMPARISONS.map((comparison): UnitCall => {
        const coordinates = { prompt, comparison };
        return { coordinates, read: async () => ({ ids }) as never, readAll: async () => [] };
      }),
    );
    const params = { model: folder, precision: 'float32', device: 'cpu', comparisons: COMPARISONS };
    const signal = new AbortController().signal;
    const sources = { models: { [folder]: await resolveModel(folder, { hub, signal }) }, datasets: {} };
    const call = { params, units, sources, services, signal, progress: () => {}, warn: () => {} } as unknown as StepCall<never>;
    const found: { coordinates: UnitCall['coordinates']; value: FloorDifference }[] = [];
    for await (const { unit, outputs } of numericFloor.run(call))
      found.push({ coordinates: unit.coordinates, value: outputs.difference as FloorDifference });
    return found;
  }

  it('is 0 where bits are promised, above it for an export, and says what cannot be measured', async () => {
    const floor = floorOf(
      await measure([
        [1, 5, 9, 40, 33, 7],
        [2, 8, 8, 120],
      ]),
    );
    expect(floor.rows.map(({ comparison }) => comparison)).toEqual([...COMPARISONS]);
    const row = (name: string) => floor.rows.find(({ comparison }) => comparison === name)!;
    for (const name of ['batch', 'threads']) expect(row(name)).toMatchObject({ prompts: 2, alpha: 0, max: 0, rms: 0, why: null });
    // Every number of a pass is rounded: changing its inputs by less than that changes the logits about as much.
    expect(row('rounding').alpha).toBeGreaterThan(1e-16);
    expect(row('rounding').alpha).toBeLessThan(1e-11);
    const exported = row('export');
    expect(exported.max).toBeGreaterThan(0);
    expect(exported.max).toBeLessThan(1e-4);
    expect(exported.rms).toBeLessThanOrEqual(exported.max!);
    const choices = ['float16', 'int8', 'int4'].map((name) => row(name).alpha!);
    expect(choices).toEqual([...choices].sort((a, b) => a - b));
    expect(choices[0]).toBeGreaterThan(exported.alpha!);
    // Other weights are no part of the floor.
    expect(floor.alpha).toBe(Math.max(row('rounding').alphaMax!, exported.alphaMax!));
    expect(row('device').alpha === null).toBe(row('device').why !== null);
    expect(isNearFloor(9 * floor.alpha!, floor)).toBe(true);
    expect(isNearFloor(11 * floor.alpha!, floor)).toBe(false);
  }, 120_000);
});

describe('summarize-floor', () => {
  const differences = (alphas: readonly number[]) =>
    alphas.map((alpha, prompt) => ({
      coordinates: { prompt, comparison: 'threads' },
      value: { measured: true as const, alpha, max: 2 * alpha, rms: alpha },
    }));

  it('takes means over prompts and the largest of all', () => {
    const { alpha, rows } = floorOf(differences([3, 1, 2]));
    expect(alpha).toBe(3);
    expect(rows).toEqual([{ comparison: 'threads', prompts: 3, alpha: 2, alphaMax: 3, max: 6, rms: Math.sqrt(14 / 3), why: null }]);
    expect(floorOf(differences([2, 3, 1]))).toEqual({ alpha, rows });
  });

  it('has no floor where nothing was measured', () => {
    const value = { measured: false as const, why: 'no GPU' };
    const floor = floorOf([{ coordinates: { prompt: 0, comparison: 'device' }, value }]);
    expect(floor).toMatchObject({ alpha: null, rows: [{ alpha: null, why: 'no GPU' }] });
    expect(isNearFloor(0, floor)).toBe(false);
  });
});
