// Captures at every site of every family and of both exporters' graphs: against PyTorch where there is a reference, against each
// other (the norm of a stream is what the Linears behind it read; an export's tensors are those of the model it was made from),
// and never dependent on what is captured beside.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeSafetensors, tensorToFloat32 } from '../../formats/safetensors.ts';
import { capture } from '../../models/capture.ts';
import { captureSites, siteBytes } from '../../models/capture-sites.ts';
import type { KeptPositions, ModelFiles } from '../../models/engine.ts';
import { type ForwardEngine, openForwardEngine } from '../../models/forward-engine.ts';
import { type ModelConfig, parseModelConfig } from '../../models/graph/model-config.ts';
import { tensorStatistics } from '../../numerics/tensor-statistics.ts';
import { hasMirror, inMirror, NO_MIRROR, readJson } from '../mirror.ts';
import { all, greatestDifference, modelFiles, tinyFiles, tinyReference } from './reference-model.ts';

/** Of float32 engines on these models, relative to the greatest number of a tensor, at least 1. */
const TOLERANCE = 1e-5;
const OPTIONS = { precision: 'float32', device: 'cpu' } as const;
const golden = join(import.meta.dirname, 'golden/families');

interface Captured {
  readonly ids: readonly number[];
  readonly values: ReadonlyMap<string, Float32Array>;
}

async function captured(engine: ForwardEngine, ids: readonly number[]): Promise<Captured> {
  const [state] = await captureAll(engine, ids, 'all');
  return { ids, values: new Map(state!.sites.map(({ site, values }) => [site, values!])) };
}

function captureAll(engine: ForwardEngine, ids: readonly number[], positions: KeptPositions, passBytes?: number) {
  const sites = engine.sites.map(({ name }) => name);
  return all(captureSites(engine, { sites, positions, prompts: [{ prompt: 3, ids }] }, passBytes === undefined ? {} : { passBytes }));
}

function relativeDifference(values: ArrayLike<number>, expected: ArrayLike<number>): number {
  return greatestDifference(values, expected) / Math.max(1, ...Array.from(expected, Math.abs));
}

/** Rms of the difference over the rms of what is expected. */
function relativeRms(values: ArrayLike<number>, expected: ArrayLike<number>): number {
  const differences = Float64Array.from(expected, (value, i) => values[i]! - value);
  return tensorStatistics(differences).rms / tensorStatistics(Float64Array.from(expected)).rms;
}

/** A model with its engine, opened for the tests of a block. */
function withEngine(files: () => ModelFiles): () => ForwardEngine {
  let engine: ForwardEngine;
  beforeAll(async () => {
    engine = await openForwardEngine(files(), OPTIONS);
  });
  afterAll(() => engine?.close());
  return () => engine;
}

/** What holds of any graph's captures, whatever it computes. */
function coherentCaptures(engineOf: () => ForwardEngine, ids: readonly number[]): void {
  it('keeps the last position, all, or the statistics of all, whatever shares a pass', async () => {
    const engine = engineOf();
    const [whole] = await captureAll(engine, ids, 'all');
    expect(whole).toMatchObject({ prompt: 3, positions: ids.length });
    expect(whole!.sites.map(({ site }) => site)).toEqual(engine.sites.map(({ name }) => name));
    const statistics = whole!.sites.map(({ site, width, positions, values }) => {
      expect(values!.length).toBe(positions * width);
      return { site, positions, width, ...tensorStatistics(values!) };
    });
    // One pass for all sites, and several: to the bit.
    expect((await captureAll(engine, ids, 'statistics'))[0]!.sites).toEqual(statistics);
    const widest = Math.max(...engine.sites.map((site) => siteBytes(site, ids.length)));
    expect((await captureAll(engine, ids, 'statistics', widest))[0]!.sites).toEqual(statistics);
    const [last] = await captureAll(engine, ids, 'last');
    for (const [i, { width, values, ...rest }] of last!.sites.entries()) {
      expect(values).toEqual(whole!.sites[i]!.values!.slice(-width));
      expect({ ...rest, width }).toEqual(statistics[i]);
    }
  });

  it('gives the hidden state that `capture` gives, which no norm stands behind', async () => {
    const { values } = await captured(engineOf(), ids);
    const [state] = await all(capture(engineOf(), { prompts: [{ prompt: 3, ids, keepFrom: 0 }] }));
    expect(greatestDifference(values.get('lm_head.input')!, state!.hidden!)).toBeLessThan(1e-6);
    expect(values.get('final_norm.output')).toEqual(values.get('lm_head.input'));
  });
}

/** The stream at each place, normed, is what the Linears behind it read; in front of the layers it is the embedding's rows. */
function expectStreams({ ids, values }: Captured, config: ModelConfig, weights: (name: string) => Float32Array): void {
  const { hiddenSize, layerCount } = config;
  const table = weights('model.embed_tokens.weight');
  const factor = config.scaledEmbedding ? Math.sqrt(hiddenSize) : 1;
  const rows = ids.flatMap((id) => [...table.subarray(id * hiddenSize, (id + 1) * hiddenSize)].map((value) => value * factor));
  expect(greatestDifference(values.get('embedding.output')!, rows)).toBeLessThan(TOLERANCE);
  for (let layer = 0; layer <= layerCount; layer++) {
    const stream = values.get(layer === 0 ? 'embedding.output' : `layers.${layer - 1}.residual`)!;
    const scale = weights(layer === layerCount ? 'model.norm.weight' : `model.layers.${layer}.input_layernorm.weight`);
    const behind =
      layer === layerCount
        ? ['final_norm.output', 'lm_head.input']
        : ['q', 'k', 'v', 'qkv'].map((part) => `layers.${layer}.self_attn.${part}_proj.input`);
    const normed = rmsNormed(stream, scale, config);
    const readers = behind.filter((site) => values.has(site));
    expect(readers.length).toBeGreaterThan(0);
    for (const site of readers) expect([site, greatestDifference(values.get(site)!, normed) < TOLERANCE]).toEqual([site, true]);
  }
}

function rmsNormed(stream: Float32Array, scale: Float32Array, { hiddenSize, normEpsilon, normOffset }: ModelConfig): number[] {
  return Array.from({ length: stream.length / hiddenSize }, (_, position) => {
    const row = [...stream.subarray(position * hiddenSize, (position + 1) * hiddenSize)];
    const rms = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0) / hiddenSize + normEpsilon);
    return row.map((x, i) => (x / rms) * (scale[i]! + normOffset));
  }).flat();
}

function weightsOf({ weights }: ModelFiles): (name: string) => Float32Array {
  const files = weights.map((file) => decodeSafetensors(new Uint8Array(readFileSync(file))).tensors);
  return (name) => tensorToFloat32(files.find((tensors) => tensors.has(name))!.get(name)!);
}

describe.each(readdirSync(golden))('sites of %s', (name) => {
  const files = modelFiles(join(golden, name));
  const { prompts } = readJson<{ prompts: { ids: number[]; hidden: number[][]; logitsLast: number[] }[] }>(
    join(golden, name, 'expected.json'),
  );
  const engineOf = withEngine(() => files);
  coherentCaptures(engineOf, prompts[1]!.ids);

  it('are those of PyTorch at the head, and follow from one another in front of it', async () => {
    for (const { ids, hidden, logitsLast } of prompts) {
      const found = await captured(engineOf(), ids);
      expect(greatestDifference(found.values.get('final_norm.output')!, hidden.flat())).toBeLessThan(TOLERANCE);
      expect(relativeDifference(found.values.get('logits')!, logitsLast)).toBeLessThan(TOLERANCE);
      expectStreams(found, parseModelConfig(files.config), weightsOf(files));
    }
  });
});

describe.skipIf(!hasMirror)(`sites of models in the mirror (${hasMirror ? 'tiny models and exports' : NO_MIRROR})`, () => {
  describe.each(['tiny-llama', 'tiny-llama3-sharded', 'tiny-qwen2-bf16', 'tiny-qwen3'])('%s', (name) => {
    const files = hasMirror ? tinyFiles(name) : ({} as ModelFiles);
    const engineOf = withEngine(() => files);
    const prompts = hasMirror ? tinyReference(name).prompts : [];
    coherentCaptures(engineOf, prompts[1]?.ids ?? []);

    it('are those of PyTorch at the head, and follow from one another in front of it', async () => {
      for (const { ids, hiddenLast, hiddenStd, logitsLast } of prompts) {
        const found = await captured(engineOf(), ids);
        const hidden = found.values.get('lm_head.input')!;
        expect(greatestDifference(hidden.slice(-hiddenLast.length), hiddenLast)).toBeLessThan(TOLERANCE);
        expect(Math.abs(tensorStatistics(hidden).std - hiddenStd)).toBeLessThan(TOLERANCE);
        expect(relativeDifference(found.values.get('logits')!, logitsLast)).toBeLessThan(TOLERANCE);
        expectStreams(found, parseModelConfig(files.config), weightsOf(files));
      }
    });
  });

  describe.each([
    { name: 'optimum-tiny-llama', graph: 'onnx/model.onnx', original: 'tiny-llama', measure: relativeDifference, tolerance: TOLERANCE },
    {
      name: 'optimum-tiny-qwen2-bf16',
      graph: 'onnx/model.onnx',
      original: 'tiny-qwen2-bf16',
      measure: relativeDifference,
      tolerance: TOLERANCE,
    },
    { name: 'genai-tiny-llama-fp32', graph: 'model.onnx', original: 'tiny-llama', measure: relativeDifference, tolerance: TOLERANCE },
    // Weights of four bits; tensors that have nothing to do with each other differ by 1.4.
    { name: 'genai-tiny-qwen2-int4', graph: 'model.onnx', original: 'tiny-qwen2-bf16', measure: relativeRms, tolerance: 1 },
  ])('$name', ({ name, graph, original, measure, tolerance }) => {
    const engineOf = withEngine(() => ({
      folder: inMirror('fixtures', name),
      config: {},
      weights: [],
      exported: inMirror('fixtures', name, graph),
    }));
    const originalOf = withEngine(() => tinyFiles(original));
    const ids = hasMirror ? tinyReference(original).prompts[1]!.ids : [];
    coherentCaptures(engineOf, ids);

    it('are those of the model that it was made from', async () => {
      const [made, published] = [await captured(engineOf(), ids), await captured(originalOf(), ids)];
      const counterpart = (site: string) => site.replace('qkv_proj', 'q_proj');
      const missing = [...published.values.keys()].filter((site) => !made.values.has(site) && !/\.[qkv]_proj\.input$/.test(site));
      expect(missing).toEqual([]);
      for (const [site, values] of made.values) {
        const expected = published.values.get(counterpart(site))!;
        const difference = measure(values.slice(-expected.length), expected);
        expect([site, difference < tolerance || difference]).toEqual([site, true]);
      }
    });
  });

  it('refuses to keep more of a prompt than fits into memory, with the size, before a pass', async () => {
    const engine = await openForwardEngine(tinyFiles('tiny-llama'), OPTIONS);
    const wide = { ...engine, sites: engine.sites.map((site) => ({ ...site, width: 1_000_000 })) };
    const request = {
      sites: engine.sites.map(({ name }) => name),
      positions: 'all' as const,
      prompts: [{ prompt: 12, ids: [1, 2, 3, 4, 5] }],
    };
    await expect(all(captureSites(wide, request))).rejects.toThrow(
      /^prompt 12: all 5 positions of 28 sites are 519 MiB, and a prompt may keep 256 MiB; choose fewer sites, shorter prompts, or positions: last or statistics$/,
    );
    await engine.close();
  });
});
