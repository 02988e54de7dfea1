// Exports run by the same verbs: against PyTorch, against the graph that is built here, and against themselves untouched.
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { capture } from '../../../models/capture.ts';
import type { ExportedModel } from '../../../models/exported/decode-export.ts';
import { readExportFacts } from '../../../models/exported/export-facts.ts';
import { exportFeeds } from '../../../models/exported/export-feeds.ts';
import { readExport } from '../../../models/exported/read-export.ts';
import { type ForwardEngine, openForwardEngine } from '../../../models/forward-engine.ts';
import { buildForward, noiseInput, promptFeeds, SCALE } from '../../../models/graph/forward.ts';
import { HIDDEN, LOGITS } from '../../../models/graph/head.ts';
import { instrument } from '../../../models/graph/instrument.ts';
import { parseModelConfig } from '../../../models/graph/model-config.ts';
import { HEAD_SITE } from '../../../models/graph/sites.ts';
import { readWeights } from '../../../models/graph/weights.ts';
import { inject } from '../../../models/inject.ts';
import type { NoiseFields } from '../../../models/noise-field.ts';
import { type Feeds, type GraphSession, openGraphSession } from '../../../models/runtime/session.ts';
import { score } from '../../../models/score.ts';
import { hasMirror, inMirror, NO_MIRROR } from '../../mirror.ts';
import { all, greatestDifference, type Reference, sineFields, tinyFiles, tinyReference } from '../reference-model.ts';

const EXPORTS = [
  { name: 'optimum-tiny-llama', graph: 'onnx/model.onnx', original: 'tiny-llama', isQuantized: false },
  { name: 'optimum-tiny-qwen2-bf16', graph: 'onnx/model.onnx', original: 'tiny-qwen2-bf16', isQuantized: false },
  { name: 'genai-tiny-llama-fp32', graph: 'model.onnx', original: 'tiny-llama', isQuantized: false },
  { name: 'genai-tiny-qwen2-int4', graph: 'model.onnx', original: 'tiny-qwen2-bf16', isQuantized: true },
] as const;
const OPTIMUM = EXPORTS.filter(({ graph }) => graph.startsWith('onnx/'));
const GENAI_FLOAT = EXPORTS[2];
const options = { precision: 'float32', device: 'cpu' } as const;

const exportedFiles = ({ name, graph }: (typeof EXPORTS)[number]) => {
  const folder = inMirror('fixtures', name);
  return { folder, config: {}, weights: [], exported: inMirror('fixtures', name, graph) };
};

describe.skipIf(!hasMirror)(`exports (${hasMirror ? 'fixtures of two exporters' : NO_MIRROR})`, () => {
  const open: { close(): Promise<void> }[] = [];
  afterAll(async () => {
    for (const opened of open) await opened.close();
  });
  const openEngine = async (which: (typeof EXPORTS)[number]): Promise<ForwardEngine> => {
    const engine = await openForwardEngine(exportedFiles(which), options);
    open.push(engine);
    return engine;
  };
  const openGraph = async (bytes: Uint8Array, folder: string): Promise<GraphSession> => {
    const session = await openGraphSession({ bytes, folder, device: 'cpu' });
    open.push(session);
    return session;
  };
  const logitsOf = async (engine: ForwardEngine, hidden: Float32Array) => {
    const session = await engine.session('score');
    return (await session.run({ [HIDDEN]: { data: hidden, dims: [1, hidden.length] } }))[LOGITS]!.data as Float32Array;
  };

  describe.each(EXPORTS.filter(({ isQuantized }) => !isQuantized))('$name against PyTorch', (which) => {
    let engine: ForwardEngine;
    let reference: Reference;
    beforeAll(async () => {
      engine = await openEngine(which);
      reference = tinyReference(which.original);
    });

    it('captures the hidden state, and its head gives the logits', async () => {
      const states = await all(capture(engine, { prompts: reference.prompts.map(({ ids }, prompt) => ({ prompt, ids })) }));
      for (const [i, { hiddenLast, hiddenStd, logitsLast }] of reference.prompts.entries()) {
        expect(greatestDifference(states[i]!.hiddenLast, hiddenLast)).toBeLessThan(1e-4);
        expect(Math.abs(states[i]!.hiddenStd - hiddenStd)).toBeLessThan(1e-5);
        expect(greatestDifference(await logitsOf(engine, states[i]!.hiddenLast), logitsLast)).toBeLessThan(1e-4);
      }
    });

    it('scores temperatures', async () => {
      const { tBase, temperatures } = reference;
      const groups = reference.prompts.map(({ ids, hiddenLast, hiddenStd, head }, prompt) => ({
        prompt,
        positions: ids.length,
        hiddenLast: Float32Array.from(hiddenLast),
        hiddenStd,
        draw: 0,
        noises: [head.scale],
      }));
      const request = { seed: 0, noise: 'shared', tBase, temperatures, groups } as const;
      const scores = await all(score(engine, request, { noise: sineFields({ site: 0, last: true }) }));
      for (const [i, { head }] of reference.prompts.entries()) {
        expect(Math.abs(scores[i]!.alpha - head.alpha)).toBeLessThan(1e-4);
        expect(greatestDifference(scores[i]!.klByTemperature, head.kl)).toBeLessThan(1e-4);
        expect(scores[i]!.bestTKl).toBe(head.bestTKl);
      }
    });
  });

  describe.each(OPTIMUM)('$name against PyTorch', (which) => {
    it('disturbs every Linear', async () => {
      const [engine, reference] = [await openEngine(which), tinyReference(which.original)];
      const groups = reference.prompts.map(({ ids, everyLinear }, prompt) => ({ prompt, ids, draw: 0, scales: [everyLinear.scale] }));
      const states = await all(inject(engine, { seed: 0, noise: 'shared', groups }, { noise: sineFields() }));
      for (const [i, { everyLinear }] of reference.prompts.entries()) {
        expect(greatestDifference(states[i]!.hiddenLast, everyLinear.hiddenLast)).toBeLessThan(1e-3);
        expect(greatestDifference(await logitsOf(engine, states[i]!.hiddenLast), everyLinear.logitsLast)).toBeLessThan(1e-3);
      }
    });

    it('captures what every Linear reads, as the graph that is built here does', async () => {
      const exported = await readExport(exportedFiles(which).exported);
      const sites = exported.sites.filter(({ linear }) => linear !== null).map(({ name }) => name);
      const { ids } = tinyReference(which.original).prompts[0]!;
      const declaration = { capture: sites, noise: [] };
      const found = await (await openGraph(instrument(exported, declaration).bytes, '')).run(await feedsOf(exported, which, ids));
      const files = tinyFiles(which.original);
      const config = parseModelConfig(files.config);
      const built = buildForward(config, await readWeights(files.weights), declaration);
      const expected = await (await openGraph(built.bytes, files.folder)).run(promptFeeds(config, ids));
      for (const site of sites) {
        expect(found[site]!.dims).toEqual(expected[site]!.dims);
        expect(greatestDifference(found[site]!.data as Float32Array, expected[site]!.data as Float32Array)).toBeLessThan(1e-4);
      }
    });
  });

  it('a fused q, k and v take one draw, as if the three had the same', async () => {
    const { original } = GENAI_FLOAT;
    const { prompts } = tinyReference(original);
    const engines = [await openEngine(GENAI_FLOAT), await openForwardEngine(tinyFiles(original), options)];
    open.push(engines[1]!);
    const groups = prompts.map(({ ids }, prompt) => ({ prompt, ids, draw: 0, scales: [0.1] }));
    const [found, expected] = await Promise.all(
      engines.map((engine) => all(inject(engine, { seed: 0, noise: 'shared', groups }, { noise: fusedSine(engines[0]!) }))),
    );
    for (const [i, state] of found!.entries()) expect(greatestDifference(state.hiddenLast, expected![i]!.hiddenLast)).toBeLessThan(1e-4);
  });

  describe.each(EXPORTS)('$name', (which) => {
    const prompt = { prompt: 7, ids: [3, 1, 4, 1, 5, 9, 2, 6] };

    it('with noise of scale 0 at every Linear is the original', async () => {
      const file = exportedFiles(which).exported;
      const exported = await readExport(file);
      const sites = exported.sites.filter(({ linear }) => linear !== null);
      const names = sites.map(({ name }) => name);
      const feeds = await feedsOf(exported, which, prompt.ids);
      const original = await (await openGraph(readFileSync(file), dirname(file))).run(feeds, [LOGITS]);
      const instrumented = await openGraph(instrument(exported, { capture: [LOGITS], noise: names }).bytes, dirname(file));
      const noise = Object.fromEntries(
        sites.map(({ name, width }) => {
          const positions = name === HEAD_SITE ? 1 : prompt.ids.length;
          return [noiseInput(name), { data: new Float32Array(positions * width).fill(1.5), dims: [1, positions, width] }];
        }),
      );
      const run = (scale: number): Promise<Feeds> =>
        instrumented.run({ ...feeds, ...noise, [SCALE]: { data: Float32Array.of(scale), dims: [1, 1, 1] } }, [LOGITS]);
      const difference = async (scale: number) =>
        greatestDifference((await run(scale))[LOGITS]!.data as Float32Array, original[LOGITS]!.data as Float32Array);
      // To the bit: what is put between the nodes keeps none of ONNX Runtime's kernels from being chosen as before.
      expect(await difference(0)).toBe(0);
      expect(await difference(0.1)).toBeGreaterThan(0.01);
    });

    it('gives a scale the same bits whatever ran beside it', async () => {
      const engine = await openEngine(which);
      const run = (scales: number[]) => all(inject(engine, { seed: 1, noise: 'shared', groups: [{ ...prompt, draw: 2, scales }] }));
      const [alone] = await run([0.1]);
      expect((await run([0.05, 0.1, 0.2]))[1]).toEqual(alone);
      const [clean] = await all(capture(engine, { prompts: [prompt] }));
      expect(alone!.hiddenLast).not.toEqual(clean!.hiddenLast);
    });
  });
});

async function feedsOf(exported: ExportedModel, which: (typeof EXPORTS)[number], ids: readonly number[]): Promise<Feeds> {
  const facts = await readExportFacts(exportedFiles(which).folder);
  return exportFeeds(exported.graph.input!, facts, { ids, pastLength: 0 }, exported.where);
}

/** The sine of a site's own number in the export; q, k and v of the built graph take the number of the fused one. */
function fusedSine(exported: ForwardEngine): NoiseFields {
  const numbers = new Map(
    exported.linears.flatMap(({ name, shares, index }) => [name, ...(shares ?? [])].map((site) => [site, index] as const)),
  );
  return () => ({
    fill: (site, offset, out) => sineFields({ site: numbers.get(site.name)! })({ prompt: 0, draw: 0 }).fill(site, offset, out),
  });
}
