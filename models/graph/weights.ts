// Where a model's weights lie: names as Hugging Face publishes them -> file, offset, shape. Graphs point at them; nothing
// is read but the safetensors headers.
import { basename, dirname } from 'node:path';
import type { DataType } from '../../formats/onnx-proto.ts';
import { readSafetensorsFile, type TensorInfo } from '../../formats/safetensors.ts';
import { UserError } from '../../formats/user-error.ts';
import type { WeightLocation } from './graph-builder.ts';

/** Looks a weight up by name; its shape must be the one that the config implies. */
export type WeightSource = (name: string, dims: readonly number[]) => WeightLocation;

const FLOATS: Readonly<Record<string, DataType>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

/** Weights without files: what a graph's digest is made from, and what it computes does not depend on where they lie. */
export const declaredWeights: WeightSource = (_, dims) => ({ file: 'weights', offset: 0, length: 0, dtype: 'float32', dims });

/** Reads the headers of a model's safetensors shards, which lie in one folder. */
export async function readWeights(paths: readonly string[]): Promise<WeightSource> {
  const folders = new Set(paths.map((path) => dirname(path)));
  if (folders.size !== 1)
    throw new UserError(`the weights lie in ${folders.size} folders (${[...folders].join(', ')}); put all shards into one`);
  const tensors = new Map<string, TensorInfo & { readonly file: string }>();
  for (const path of paths) {
    const header = await readSafetensorsFile(path);
    for (const tensor of header.tensors.values()) tensors.set(tensor.name, { ...tensor, file: basename(path) });
  }
  return (name, dims) => {
    const tensor = tensors.get(name);
    if (tensor === undefined)
      throw new UserError(`${paths.join(', ')}: no tensor ${name}, which config.json implies; fetch the model again`);
    if (tensor.shape.join() !== dims.join())
      throw new UserError(`${tensor.file}: ${name} is [${tensor.shape.join(', ')}], config.json implies [${dims.join(', ')}]`);
    const dtype = FLOATS[tensor.dtype];
    if (dtype === undefined)
      throw new UserError(`${tensor.file}: ${name} has dtype ${tensor.dtype}; supported: ${Object.keys(FLOATS).join(', ')}`);
    return { file: tensor.file, offset: tensor.offset, length: tensor.sizeBytes, dtype, dims };
  };
}
