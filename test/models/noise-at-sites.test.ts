// Noise at any site of every family and of both exporters' graphs: nothing at scale 0, of the size that is asked for, the same
// whether that is said in units of the tensor's std or as it is, and one draw or one each for the scales of a draw.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { capture } from '../../models/capture.ts';
import { captureSites } from '../../models/capture-sites.ts';
import type { Amplitude, ModelFiles } from '../../models/engine.ts';
import { type ForwardEngine, openForwardEngine } from '../../models/forward-engine.ts';
import { HIDDEN_LAST, SCALE, scaleInput } from '../../models/graph/forward.ts';
import { groupSites } from '../../models/graph/site-groups.ts';
import type { Site } from '../../models/graph/sites.ts';
import { inject, noiseFeeds } from '../../models/inject.ts';
import { injectBySite } from '../../models/inject-by-site.ts';
import { philoxFields } from '../../models/noise-field.ts';
import { tensorStatistics } from '../../numerics/tensor-statistics.ts';
import { hasMirror, inMirror } from '../mirror.ts';
import { all, greatestDifference, modelFiles, tinyFiles } from './reference-model.ts';

const golden = join(import.meta.dirname, 'golden/families');
const exported = (folder: string, graph: string): ModelFiles => ({
  folder: inMirror('fixtures', folder),
  config: {},
  weights: [],
  exported: inMirror('fixtures', folder, graph),
});
const families = readdirSync(golden).map((name) => ({ name, files: () => modelFiles(join(golden, name)) }));
const inMirrors = [
  ...['tiny-llama', 'tiny-qwen2-bf16', 'tiny-qwen3'].map((name) => ({ name, files: () => tinyFiles(name) })),
  ...['optimum-tiny-llama', 'optimum-tiny-qwen2-bf16'].map((name) => ({ name, files: () => exported(name, 'onnx/model.onnx') })),
  ...['genai-tiny-llama-fp32', 'genai-tiny-qwen2-int4'].map((name) => ({ name, files: () => exported(name, 'model.onnx') })),
];
const models = hasMirror && existsSync(inMirror('fixtures')) ? [...families, ...inMirrors] : families;

/** Below every vocabulary. */
const ids = Array.from({ length: 23 }, (_, i) => (7 * i * i + 3) % 90);
const [seed, prompt, draw] = [5, 2, 1];
const HEAD = 'lm_head.input';

describe.each(models)('noise at sites of $name', ({ files }) => {
  let engine: ForwardEngine;
  let noisy: readonly Site[];
  let std: ReadonlyMap<string, number>;
  let hidden: Float32Array;
  beforeAll(async () => {
    engine = await openForwardEngine(files(), { precision: 'float32', device: 'cpu' });
    const isExport = files().exported !== undefined;
    noisy = isExport ? engine.linears : engine.sites.filter(({ kind }) => kind !== 'logits');
    const request = { sites: noisy.map(({ name }) => name), positions: 'statistics' as const, prompts: [{ prompt, ids }] };
    const [state] = await all(captureSites(engine, request));
    std = new Map(state!.sites.map((site) => [site.site, site.std]));
    hidden = (await all(capture(engine, { prompts: [{ prompt, ids }] })))[0]!.hiddenLast;
  });
  afterAll(() => engine?.close());

  const disturb = async (
    sites: readonly string[],
    scales: readonly number[],
    amplitude: Amplitude,
    noise: 'shared' | 'independent' = 'shared',
  ) => {
    const states = await all(inject(engine, { seed, noise, sites, amplitude, groups: [{ prompt, draw, ids, scales }] }));
    return states.map(({ hiddenLast }) => hiddenLast);
  };
  /** One site of each kind, in the middle of the model where it has one. */
  const samples = () => {
    const endings = ['embedding.output', 'layers.0.residual', 'layers.1.mlp.down_proj.input', 'final_norm.output', HEAD];
    return endings.flatMap((name) => noisy.filter((site) => site.name === name));
  };

  it('of scale 0 is the undisturbed graph, whatever the scale is in', async () => {
    for (const amplitude of ['relative', 'absolute'] as const) {
      const [same] = await disturb([...std.keys()], [0], amplitude);
      expect(greatestDifference(same!, hidden)).toBeLessThan(1e-5);
    }
  });

  it('reaches the head from every site', async () => {
    const names = noisy.map(({ name }) => name);
    const session = await engine.session({ capture: [], noise: names, scales: 'each site' });
    const feeds = { ...engine.promptFeeds(ids), ...noiseFeeds([philoxFields(seed)({ prompt, draw })], noisy, ids.length) };
    for (const chosen of names) {
      const scales = names.map(
        (name) => [scaleInput(name), { data: Float32Array.of(name === chosen ? 0.5 : 0), dims: [1, 1, 1] }] as const,
      );
      const outputs = await session.run({ ...feeds, ...Object.fromEntries(scales) }, [HIDDEN_LAST]);
      const difference = greatestDifference(outputs[HIDDEN_LAST]!.data as Float32Array, hidden);
      expect([chosen, difference > 1e-4]).toEqual([chosen, true]);
    }
  });

  it('has the std that is asked for, in absolute numbers and in units of the tensor’s own', async () => {
    for (const site of samples().filter(({ name }) => name !== HEAD)) {
      for (const amplitude of ['absolute', 'relative'] as const) {
        const scale = 0.3;
        const captured = async (strength: number) => {
          const session = await engine.session({ capture: [site.name], noise: [site.name], amplitude });
          const feeds = noiseFeeds([philoxFields(seed)({ prompt, draw })], [site], ids.length);
          const given = { [SCALE]: { data: Float32Array.of(strength), dims: [1, 1, 1] } };
          return (await session.run({ ...engine.promptFeeds(ids), ...feeds, ...given }, [site.name]))[site.name]!.data as Float32Array;
        };
        const clean = await captured(0);
        const difference = Float64Array.from(await captured(scale), (value, i) => value - clean[i]!);
        const expected = amplitude === 'absolute' ? scale : scale * std.get(site.name)!;
        // Four standard errors of an empirical std of normals.
        const tolerance = (4 * expected) / Math.sqrt(2 * difference.length);
        expect([site.name, Math.abs(tensorStatistics(difference).std - expected) < tolerance]).toEqual([site.name, true]);
      }
    }
  });

  it('absolute is relative noise of the scale over the tensor’s std', async () => {
    for (const { name } of samples()) {
      const scale = 0.2;
      const [absolute] = await disturb([name], [scale], 'absolute');
      const [relative] = await disturb([name], [scale / std.get(name)!], 'relative');
      expect([name, greatestDifference(absolute!, relative!) < 2e-5]).toEqual([name, true]);
    }
  });

  it('shared is one draw for all scales, independent one each', async () => {
    const scales = [0.25, 0.5];
    const drawn = async (noise: 'shared' | 'independent') =>
      (await disturb([HEAD], scales, 'absolute', noise)).map((state, i) =>
        Float64Array.from(state, (value, j) => (value - hidden[j]!) / scales[i]!),
      );
    const [one, other] = await drawn('shared');
    expect(greatestDifference(one!, other!)).toBeLessThan(1e-4);
    const [first, second] = await drawn('independent');
    expect(greatestDifference(first!, second!)).toBeGreaterThan(0.5);
    const product = first!.reduce((sum, value, i) => sum + value * second![i]!, 0) / first!.length;
    expect(Math.abs(product)).toBeLessThan(5 / Math.sqrt(first!.length));
  });

  it('yields the same bits for a scale alone and among others', async () => {
    for (const noise of ['shared', 'independent'] as const)
      for (const amplitude of ['relative', 'absolute'] as const) {
        const scales = [0.05, 0.1, 0.4];
        const together = await disturb([...std.keys()], scales, amplitude, noise);
        const [alone] = await disturb([...std.keys()], [scales[1]!], amplitude, noise);
        expect(alone).toEqual(together[1]);
      }
  });

  it('at one group of Linears is absolute too', async () => {
    const linears = engine.linears.map(({ name }) => name);
    const members = groupSites(linears, ['layer']).map((sites) => ({ sites, scale: 0.2 }));
    const groups = [{ prompt, draw, ids, members: [...members, { sites: '**.input', scale: 0.2 }] }];
    const states = await all(injectBySite(engine, { seed, noise: 'shared', amplitude: 'absolute', groups }));
    const [head] = await disturb([HEAD], [0.2], 'absolute');
    expect(states.find(({ sites }) => sites === HEAD)!.hiddenLast).toSatisfy(
      (state: Float32Array) => greatestDifference(state, head!) < 1e-5,
    );
    const [whole] = await disturb(linears, [0.2], 'absolute');
    expect(greatestDifference(states.at(-1)!.hiddenLast, whole!)).toBeLessThan(1e-5);
  });
});
