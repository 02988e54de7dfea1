// A model of a published configuration with random weights, made once into the cache: what a large model costs in time and
// memory does not depend on what its weights say. In: a config in Hugging Face's words; out: a folder in its layout,
// bfloat16, the names and shapes those that the product's own graphs ask for.
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createSafetensorsWriter, type DeclaredTensor } from '../formats/safetensors-writer.ts';
import type { ModelFiles } from '../models/engine.ts';
import { parseModelConfig } from '../models/graph/model-config.ts';
import { buildVerbGraph } from '../models/graph/verb-graphs.ts';
import { declaredWeights } from '../models/graph/weights.ts';
import { noiseStream } from '../numerics/coordinates.ts';
import { openNoiseKernel } from '../numerics/noise.ts';

/** The std that such models are initialized with (`initializer_range`). */
const WEIGHT_STD = 0.02;
const CHUNK = 1 << 20;

export interface SyntheticModel {
  readonly folder: string;
  readonly config: { readonly [key: string]: unknown };
  readonly seed: number;
  readonly say: (text: string) => void;
}

export async function makeSyntheticModel({ folder, config, seed, say }: SyntheticModel): Promise<ModelFiles> {
  const weights = join(folder, 'model.safetensors');
  if (existsSync(folder)) return { folder, config, weights: [weights] };
  const making = `${folder}.${process.pid}.making`;
  await mkdir(making, { recursive: true });
  try {
    await writeFile(join(making, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
    await writeWeights(join(making, 'model.safetensors'), tensorsOf(config), seed, say);
    await mkdir(dirname(folder), { recursive: true });
    await rename(making, folder);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    throw error;
  }
  return { folder, config, weights: [weights] };
}

/** Every weight that the graphs of passes and scores name. */
function tensorsOf(config: SyntheticModel['config']): DeclaredTensor[] {
  const parsed = parseModelConfig(config, 'config.json');
  const named = new Map<string, DeclaredTensor>();
  for (const verb of ['capture', 'score'] as const)
    buildVerbGraph(
      parsed,
      (name, dims) => {
        named.set(name, { name, dtype: 'BF16', shape: [...dims] });
        return declaredWeights(name, dims);
      },
      verb,
    );
  return [...named.values()];
}

async function writeWeights(file: string, tensors: readonly DeclaredTensor[], seed: number, say: (text: string) => void): Promise<void> {
  const writer = await createSafetensorsWriter(file, tensors);
  const kernel = openNoiseKernel();
  const normals = new Float32Array(CHUNK);
  try {
    for (const name of writer.order) {
      const { shape } = tensors.find((tensor) => tensor.name === name)!;
      const size = shape.reduce((product, dim) => product * dim, 1);
      const stream = noiseStream({ seed, prompt: 0, draw: 0, site: name });
      for (let done = 0; done < size; done += CHUNK) {
        const part = normals.subarray(0, Math.min(CHUNK, size - done));
        kernel.fill(stream, done, part);
        await writer.append(new Uint8Array(toBfloat16(part, /norm\.weight$/.test(name) ? 1 : 0).buffer));
      }
      say(`${name}: ${size} random numbers`);
    }
    await writer.finish();
  } finally {
    await writer.abandon();
  }
}

/** Upper halves of mean + WEIGHT_STD * normal: cut, not rounded, which random numbers need not be. */
function toBfloat16(normals: Float32Array, mean: number): Uint16Array {
  const scaled = normals.map((normal) => mean + WEIGHT_STD * normal);
  return Uint16Array.from(new Uint32Array(scaled.buffer), (bits) => bits >>> 16);
}
