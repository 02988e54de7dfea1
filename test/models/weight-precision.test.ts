// A precision is the same model with other weights: a copy whose weights were rounded one by one, slowly, gives the same bits in
// every verb. (tiny-qwen2-bf16 is published in bfloat16 and has biases, tiny-llama ties its head to the embedding.)
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { halfToFloat32 } from '../../formats/float16.ts';
import { decodeSafetensors, encodeSafetensors, float32Tensor, tensorToFloat32 } from '../../formats/safetensors.ts';
import { capture } from '../../models/capture.ts';
import type { ModelFiles, Precision } from '../../models/engine.ts';
import { numericEnvironment } from '../../models/environment.ts';
import { type ForwardEngine, openForwardEngine } from '../../models/forward-engine.ts';
import { buildModel, graph } from '../../models/graph/graph-builder.ts';
import { throughBlocks, throughFloat16 } from '../../models/graph/weight-precision.ts';
import { inject } from '../../models/inject.ts';
import { openGraphSession } from '../../models/runtime/session.ts';
import { hasMirror, inMirror, NO_MIRROR } from '../mirror.ts';
import { greatestDifference, modelFiles, tinyFiles } from './reference-model.ts';

const SMALL = ['float16', 'int8', 'int4'] as const;
const work = mkdtempSync(join(tmpdir(), 'tstar-precision-'));
afterAll(() => rmSync(work, { recursive: true }));

/** Non-negative halves in rising order: the pattern of the next one is one more. */
const halves = Float64Array.from({ length: 0x7c00 }, (_, bits) => halfToFloat32(bits));

/** The nearest half; of two equally near ones the even. */
function toHalf(value: number): number {
  const size = Math.abs(value);
  let [low, high] = [0, halves.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (halves[middle]! <= size) low = middle;
    else high = middle;
  }
  const [below, above] = [size - halves[low]!, halves[high]! - size];
  const nearest = below < above || (below === above && low % 2 === 0) ? low : high;
  return Math.sign(value) * halves[nearest]!;
}

function toBlocks(weights: Float32Array, largest: number): Float32Array {
  const out = new Float32Array(weights.length);
  for (let first = 0; first < weights.length; first += 32) {
    const block = weights.subarray(first, first + 32);
    const scale = Math.max(Math.fround(Math.max(...block.map(Math.abs)) / largest), Math.fround(1e-30));
    for (const [i, weight] of block.entries()) out[first + i] = Math.fround(roundEven(Math.fround(weight / scale)) * scale);
  }
  return out;
}

function roundEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function rounded(weights: Float32Array, precision: Precision): Float32Array {
  if (precision === 'float16') return weights.map(toHalf);
  return toBlocks(weights, precision === 'int8' ? 127 : 7);
}

/** A folder with the same model in float32, its weights rounded. */
function roundedCopy({ folder, config, weights }: ModelFiles, precision: Precision): ModelFiles {
  const to = mkdtempSync(join(work, `${precision}-`));
  const { tensors } = decodeSafetensors(readFileSync(weights[0]!));
  const copied = [...tensors].map(([name, tensor]) => {
    const values = tensorToFloat32(tensor);
    const isRounded = precision === 'float16' || /_proj\.weight$/.test(name);
    return [name, float32Tensor(isRounded ? rounded(values, precision) : values, tensor.shape)] as const;
  });
  writeFileSync(join(to, 'model.safetensors'), encodeSafetensors(Object.fromEntries(copied)));
  writeFileSync(join(to, 'config.json'), readFileSync(join(folder, 'config.json')));
  return { ...modelFiles(to), config };
}

async function throughGraph(weights: Float32Array, precision: (typeof SMALL)[number]): Promise<Float32Array> {
  const g = graph('rounding');
  const [rows, columns] = [weights.length / 64, 64];
  const given = g.input('weights', 'float32', [rows, columns]);
  const value = precision === 'float16' ? throughFloat16(g, given, 'w') : throughBlocks(g, given, { name: 'w', rows, columns, precision });
  g.output(g.node('Identity', [value]), 'float32', [rows, columns], 'rounded');
  const session = await openGraphSession({ bytes: buildModel(g).bytes, folder: '.', device: 'cpu' });
  const outputs = await session.run({ weights: { data: weights, dims: [rows, columns] } });
  await session.close();
  return outputs.rounded!.data as Float32Array;
}

describe('rounding in the graph', () => {
  const weight = fc.oneof(
    fc.float({ noNaN: true, min: -4, max: 4 }),
    fc.float({ noNaN: true, min: Math.fround(-1e-6), max: Math.fround(1e-6) }),
    fc.constantFrom(0, 1, -1, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 65504, 2 ** -25),
  );
  it.each(SMALL)('%s is what is rounded one by one', async (precision) => {
    await fc.assert(
      fc.asyncProperty(fc.array(weight, { minLength: 128, maxLength: 128 }), async (list) => {
        const weights = Float32Array.from(list);
        expect(await throughGraph(weights, precision)).toEqual(rounded(weights, precision).map((value) => value));
      }),
      { numRuns: 40 },
    );
  });

  it('leaves no weight further off than half a step of its block', async () => {
    const weights = Float32Array.from({ length: 256 }, (_, i) => Math.sin(i * i));
    for (const [precision, largest] of [
      ['int8', 127],
      ['int4', 7],
    ] as const) {
      const out = await throughGraph(weights, precision);
      for (let i = 0; i < 256; i++) {
        const block = weights.subarray(i - (i % 32), i - (i % 32) + 32);
        expect(Math.abs(out[i]! - weights[i]!)).toBeLessThanOrEqual((1.0001 * Math.max(...block.map(Math.abs))) / largest / 2);
      }
    }
  });
});

const ids = [1, 5, 9, 40, 33, 7];

async function answers(engine: ForwardEngine): Promise<readonly Float32Array[]> {
  const found: Float32Array[] = [];
  for await (const { hiddenLast } of capture(engine, { prompts: [{ prompt: 0, ids }] })) found.push(hiddenLast);
  const groups = [{ prompt: 0, ids, draw: 0, scales: [0.1] }];
  for await (const { hiddenLast } of inject(engine, { seed: 1, noise: 'shared', groups })) found.push(hiddenLast);
  const request = { seed: 1, replicate: 0, maxNewTokens: 12, eosIds: [], sequences: [{ prompt: 0, ids, temperature: 0 }] };
  for await (const generated of engine.generate(request, {})) found.push(Float32Array.from(generated.ids));
  return found;
}

describe.skipIf(!hasMirror).each(['tiny-llama', 'tiny-qwen2-bf16'])(`%s (${NO_MIRROR} where skipped)`, (name) => {
  let files: ModelFiles;
  let published: readonly Float32Array[];
  const run = async (model: ModelFiles, precision: Precision) => {
    const engine = await openForwardEngine(model, { precision, device: 'cpu' });
    try {
      return await answers(engine);
    } finally {
      await engine.close();
    }
  };
  beforeAll(async () => {
    files = tinyFiles(name);
    published = await run(files, 'float32');
  });

  it.each(SMALL)('in %s gives the bits of a copy with rounded weights, and others than as published', async (precision) => {
    const found = await run(files, precision);
    expect(found).toEqual(await run(roundedCopy(files, precision), 'float32'));
    expect(greatestDifference(found[0]!, published[0]!)).toBeGreaterThan(0);
  });
});

describe('a precision', () => {
  const config = {
    ...{ model_type: 'llama', hidden_size: 64, intermediate_size: 128, num_hidden_layers: 2, num_attention_heads: 4 },
    ...{ num_key_value_heads: 2, vocab_size: 96, max_position_embeddings: 128, rms_norm_eps: 1e-5, hidden_act: 'silu' },
  };
  const of = (verb: 'inject' | 'generate', precision: Precision) => numericEnvironment({ config }, { verb, precision, device: 'cpu' });

  it('is another environment and another graph, in every verb that runs the layers', () => {
    for (const verb of ['inject', 'generate'] as const) {
      const environments = (['float32', ...SMALL] as const).map((precision) => of(verb, precision));
      expect(environments.map(({ precision }) => precision)).toEqual(['float32', ...SMALL]);
      expect(new Set(environments.map(({ graph: digest }) => digest)).size).toBe(4);
    }
  });

  it('needs rows of whole blocks', () => {
    const odd = { ...config, intermediate_size: 100 };
    expect(() => numericEnvironment({ config: odd }, { verb: 'inject', precision: 'int4', device: 'cpu' })).toThrow(
      'precision int4: a Linear of this model has 100 inputs, which is no multiple of 32; use float32 or float16',
    );
    expect(() => numericEnvironment({ config: odd }, { verb: 'inject', precision: 'float16', device: 'cpu' })).not.toThrow();
  });

  it.skipIf(!hasMirror)('is not for an export, which has its own', async () => {
    const exported = inMirror('fixtures/optimum-tiny-llama/onnx/model.onnx');
    const model = { folder: inMirror('fixtures/optimum-tiny-llama'), config: {}, weights: [], exported };
    const message = 'precision int8: an exported graph keeps the precision that it has';
    await expect(openForwardEngine(model, { precision: 'int8', device: 'cpu' })).rejects.toThrow(message);
    expect(() => numericEnvironment({ graph: 'a' }, { verb: 'inject', precision: 'int8', device: 'cpu' })).toThrow(message);
  });
});
