// Noise at some sites: with all of them it is `inject`, with a few it is a graph that has noise there alone; and no bit depends on
// which groups share a batch, nor on their order.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { capture } from '../../models/capture.ts';
import { compareLogits } from '../../models/compare-logits.ts';
import type { SiteNoiseState } from '../../models/engine.ts';
import { type ForwardEngine, openForwardEngine } from '../../models/forward-engine.ts';
import { buildForward, HIDDEN_LAST, noiseInput, SCALE } from '../../models/graph/forward.ts';
import { HIDDEN, LOGITS } from '../../models/graph/head.ts';
import { parseModelConfig } from '../../models/graph/model-config.ts';
import { groupProblems, groupSites, placeOf } from '../../models/graph/site-groups.ts';
import { matchSites } from '../../models/graph/sites.ts';
import { readWeights } from '../../models/graph/weights.ts';
import { inject } from '../../models/inject.ts';
import { injectBySite } from '../../models/inject-by-site.ts';
import { philoxFields } from '../../models/noise-field.ts';
import { logitDifference } from '../../numerics/logit-difference.ts';
import { hasMirror, inMirror, NO_MIRROR } from '../mirror.ts';
import { all, greatestDifference, tinyFiles, tinyReference } from './reference-model.ts';

const OPTIONS = { precision: 'float32', device: 'cpu' } as const;
const EXPORT = {
  folder: inMirror('fixtures', 'genai-tiny-llama-fp32'),
  config: {},
  weights: [],
  exported: inMirror('fixtures', 'genai-tiny-llama-fp32', 'model.onnx'),
};

describe.skipIf(!hasMirror)(`noise at groups of sites (${hasMirror ? 'tiny models' : NO_MIRROR})`, () => {
  describe.each(['tiny-llama', 'tiny-qwen2-bf16', 'an export'])('%s', (name) => {
    let engine: ForwardEngine;
    let groups: readonly string[];
    beforeAll(async () => {
      engine = await openForwardEngine(name === 'an export' ? EXPORT : tinyFiles(name), OPTIONS);
      const sites = engine.linears.map((site) => site.name);
      groups = ['layer', 'kind', 'site'].flatMap((by) => groupSites(sites, [by]));
    });
    afterAll(() => engine?.close());
    const ids = tinyReference('tiny-llama').prompts[2]!.ids.slice(0, 19);
    const group = { prompt: 5, draw: 1, ids };
    const run = (members: readonly { sites: string; scale: number }[], noise: 'shared' | 'independent' = 'shared') =>
      all(injectBySite(engine, { seed: 3, noise, groups: [{ ...group, members }] }));

    it.each(['shared', 'independent'] as const)('at every Linear is what `inject` yields, to the bit (%s)', async (noise) => {
      const scales = [0.1, 0.4];
      const states = await run(
        scales.map((scale) => ({ sites: '**.input', scale })),
        noise,
      );
      const whole = await all(inject(engine, { seed: 3, noise, groups: [{ ...group, scales }] }));
      expect(states.map(({ hiddenLast }) => hiddenLast)).toEqual(whole.map(({ hiddenLast }) => hiddenLast));
    });

    it('with scale 0 is the clean pass', async () => {
      const [state] = await run([{ sites: '**.input', scale: 0 }]);
      const [clean] = await all(capture(engine, { prompts: [group] }));
      expect(greatestDifference(state!.hiddenLast, clean!.hiddenLast)).toBeLessThan(1e-6);
    });

    it.each(['shared', 'independent'] as const)('a member alone or among others, in any order, %s noise', async (noise) => {
      const member = fc.record({ sites: fc.constantFrom(...groups, '**.input'), scale: fc.constantFrom(0.05, 0.2, 0.5) });
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(member, { minLength: 2, maxLength: 11, selector: nameOf }), async (members) => {
          const together = new Map((await run(members, noise)).map((state) => [nameOf(state), state.hiddenLast]));
          const [first, last] = [members[0]!, members.at(-1)!];
          for (const alone of await run([last], noise)) expect(alone.hiddenLast).toEqual(together.get(nameOf(last)));
          const [other] = await run([first], noise);
          expect(other!.hiddenLast).toEqual(together.get(nameOf(first)));
        }),
        { numRuns: 8, seed: 11 },
      );
    });

    it('compares logits row by row, whatever rows stand beside', async () => {
      const [clean] = await all(capture(engine, { prompts: [group] }));
      const states = await run(groups.slice(0, 5).map((sites) => ({ sites, scale: 0.3 })));
      const others = states.map(({ hiddenLast }) => hiddenLast);
      const [compared] = await all(compareLogits(engine, { groups: [{ id: 7, clean: clean!.hiddenLast, others }] }));
      expect(compared!.id).toBe(7);
      const logitsOf = async (hidden: Float32Array) =>
        (await (await engine.session('score')).run({ [HIDDEN]: { data: hidden, dims: [1, hidden.length] } }))[LOGITS]!.data as Float32Array;
      for (const [i, other] of others.entries())
        expect(compared!.differences[i]).toEqual(logitDifference(await logitsOf(clean!.hiddenLast), await logitsOf(other)));
    });
  });

  it.each(['layers.0.**.input', '**.down_proj.input', 'lm_head.input'])('at %s is a graph with noise there alone', async (sites) => {
    const files = tinyFiles('tiny-llama');
    const engine = await openForwardEngine(files, OPTIONS);
    const config = parseModelConfig(files.config);
    const chosen = matchSites(engine.linears, sites);
    const declaration = { capture: [], noise: chosen.map(({ name }) => name) };
    const session = await engine.open(buildForward(config, await readWeights(files.weights), declaration));
    const ids = tinyReference('tiny-llama').prompts[1]!.ids;
    const field = philoxFields(8)({ prompt: 0, draw: 0 });
    const noise = chosen.map((site) => {
      const first = site.name === 'lm_head.input' ? ids.length - 1 : 0;
      const data = new Float32Array((ids.length - first) * site.width);
      field.fill(site, first * site.width, data);
      return [noiseInput(site.name), { data, dims: [1, ids.length - first, site.width] }];
    });
    const scale = { [SCALE]: { data: Float32Array.of(0.2), dims: [1, 1, 1] } };
    const alone = await session.run({ ...engine.promptFeeds(ids), ...scale, ...Object.fromEntries(noise) });
    const [state] = await all(
      injectBySite(engine, { seed: 8, noise: 'shared', groups: [{ prompt: 0, draw: 0, ids, members: [{ sites, scale: 0.2 }] }] }),
    );
    const [clean] = await all(capture(engine, { prompts: [{ prompt: 0, ids }] }));
    expect(greatestDifference(state!.hiddenLast, alone[HIDDEN_LAST]!.data as Float32Array)).toBeLessThan(1e-5);
    expect(greatestDifference(state!.hiddenLast, clean!.hiddenLast)).toBeGreaterThan(1e-2);
    await session.close();
    await engine.close();
  });
});

describe('groups of sites', () => {
  const sites = ['layers.0.self_attn.q_proj.input', 'layers.0.mlp.up_proj.input', 'layers.1.mlp.up_proj.input', 'lm_head.input'];

  it('hold every site once, whatever they are made by', () => {
    for (const by of ['layer', 'kind', 'site']) {
      const globs = groupSites(sites, [by]);
      const members = globs.flatMap((glob) =>
        matchSites(
          sites.map((name) => ({ name })),
          glob,
        ),
      );
      expect(members.map(({ name }) => name).sort()).toEqual([...sites].sort());
    }
    expect(groupSites(sites, ['layer'])).toEqual(['layers.0.**.input', 'layers.1.**.input', 'lm_head.input']);
    expect(groupSites(sites, ['kind'])).toEqual(['**.q_proj.input', '**.up_proj.input', 'lm_head.input']);
    expect(groupSites(sites, ['**.mlp.**', 'lm_head.input', '**.mlp.**'])).toEqual(['**.mlp.**', 'lm_head.input']);
  });

  it('are refused where a glob names no input of a Linear, or counts sites twice', () => {
    expect(groupProblems(sites, ['layer'])).toEqual([]);
    expect(groupProblems(sites, ['**.dwn_proj.input'])[0]).toContain('no site of the model matches **.dwn_proj.input');
    expect(groupProblems(sites, ['layers.0.residual'])[0]).toContain('noise is at the inputs of Linears');
    expect(groupProblems(sites, ['layer', 'kind'])[0]).toContain('choose one');
  });

  it('have a place between layers and kinds', () => {
    expect(placeOf('layers.3.**.input')).toEqual({ layer: 3, kind: null });
    expect(placeOf('**.q_proj.input')).toEqual({ layer: null, kind: 'q_proj' });
    expect(placeOf('layers.3.mlp.up_proj.input')).toEqual({ layer: 3, kind: 'up_proj' });
    expect(placeOf('lm_head.input')).toEqual({ layer: null, kind: 'lm_head' });
    expect(placeOf('**.input')).toEqual({ layer: null, kind: null });
  });
});

function nameOf({ sites, scale }: Pick<SiteNoiseState, 'sites' | 'scale'>): string {
  return `${sites} ${scale}`;
}
