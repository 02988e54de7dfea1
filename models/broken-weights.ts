// Looks for a weight that is NaN or infinite (a damaged scale, a bad conversion) in the files of a model, a few MiB at a time:
// the error names file, tensor and place.
import { dirname, join } from 'node:path';
import { DATA_TYPES, type TensorProto } from '../formats/onnx-proto.ts';
import { printable } from '../formats/printable.ts';
import { openRangeReader } from '../formats/range-reader.ts';
import { type Dtype, dtypeSizes, readSafetensorsFile, tensorToFloat32 } from '../formats/safetensors.ts';
import { UserError } from '../formats/user-error.ts';
import { findNotFinite } from '../numerics/find-not-finite.ts';
import type { ModelFiles } from './engine.ts';
import { readExport } from './exported/read-export.ts';

/** Throws where there is one: then nothing that the model computes means anything. */
export async function refuseBrokenWeights({ weights, exported }: Pick<ModelFiles, 'weights' | 'exported'>): Promise<void> {
  for (const file of weights) await refuseIn(file, [...(await readSafetensorsFile(file)).tensors.values()]);
  if (exported !== undefined) await refuseInExport(exported);
}

interface WeightPlace {
  readonly name: string;
  readonly dtype: Dtype;
  /** In the file. */
  readonly offset: number;
  readonly sizeBytes: number;
}

/** A multiple of every dtype's size. */
const PIECE_BYTES = 1 << 23;

async function refuseIn(file: string, places: readonly WeightPlace[]): Promise<void> {
  const reader = await openRangeReader(file);
  try {
    for (const { name, dtype, offset, sizeBytes } of places.filter(({ dtype }) => FLOATS.has(dtype)))
      for (let from = 0; from < sizeBytes; from += PIECE_BYTES) {
        const bytes = await reader.read(offset + from, Math.min(PIECE_BYTES, sizeBytes - from));
        refuse(tensorToFloat32({ dtype, bytes }), { file, name, first: from / dtypeSizes[dtype] });
      }
  } finally {
    await reader.close();
  }
}

const FLOATS: ReadonlySet<Dtype> = new Set(['F32', 'F16', 'BF16']);

function refuse(
  values: Float32Array,
  { file, name, first }: { readonly file: string; readonly name: string; readonly first: number },
): void {
  const place = findNotFinite(values);
  if (place !== undefined)
    throw new UserError(
      `${file}: tensor ${printable(name)} holds ${values[place]} at element ${first + place}; the file is damaged, fetch it again`,
    );
}

const DTYPES: ReadonlyMap<number, Dtype> = new Map([
  [DATA_TYPES.float32, 'F32'],
  [DATA_TYPES.float16, 'F16'],
  [DATA_TYPES.bfloat16, 'BF16'],
]);

async function refuseInExport(file: string): Promise<void> {
  const { graph, external } = await readExport(file);
  const tensors = new Map((graph.initializer ?? []).map((tensor) => [printable(tensor.name), tensor]));
  const dtypeOf = (tensor: TensorProto | undefined) => DTYPES.get(tensor?.dataType ?? 0);
  for (const [name, tensor] of tensors) {
    const dtype = dtypeOf(tensor);
    if (dtype === undefined) continue;
    refuse(Float32Array.from(tensor.floatData ?? []), { file, name, first: 0 });
    refuse(tensorToFloat32({ dtype, bytes: tensor.rawData ?? new Uint8Array() }), { file, name, first: 0 });
  }
  for (const { tensor, location, offset, length } of external) {
    const dtype = dtypeOf(tensors.get(tensor));
    if (dtype !== undefined) await refuseIn(join(dirname(file), location), [{ name: tensor, dtype, offset, sizeBytes: length }]);
  }
}
