// model.safetensors.index.json against the shards that lie beside it: each tensor in one shard, and in the one that the index
// names. Shards of two versions of a model, or one under another's name, would otherwise pass as a model.
import { z } from 'zod';
import { printable } from '../formats/printable.ts';
import type { SafetensorsHeader } from '../formats/safetensors.ts';
import { UserError } from '../formats/user-error.ts';
import { readJsonFile } from './tokenizer-files.ts';

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/** `headers` are those of `shards`, in the same order. */
export async function checkShards(file: string, shards: readonly string[], headers: readonly SafetensorsHeader[]): Promise<void> {
  const index = await readJsonFile(file, indexSchema);
  if (index === undefined) throw new UserError(`${file}: there is no such file; shards need it`);
  const places = new Map<string, string>();
  for (const [i, shard] of shards.entries())
    for (const tensor of headers[i]!.tensors.keys()) {
      const other = places.get(tensor);
      if (other !== undefined)
        throw new UserError(`${file}: tensor ${printable(tensor)} lies in ${other} and in ${shard}; fetch the model again`);
      places.set(tensor, shard);
    }
  const wrong = Object.entries(index.weight_map).find(([tensor, shard]) => places.get(tensor) !== shard);
  if (wrong !== undefined) {
    const [tensor, shard] = wrong.map(printable);
    const found = places.get(wrong[0]);
    throw new UserError(
      `${file}: weight_map: tensor ${tensor} shall lie in ${shard}, ${found === undefined ? `none of the ${shards.length} shards has it` : `but lies in ${found}`}; fetch the model again`,
    );
  }
  const unlisted = [...places.keys()].find((tensor) => !Object.hasOwn(index.weight_map, tensor));
  if (unlisted !== undefined)
    throw new UserError(`${file}: weight_map: lacks tensor ${printable(unlisted)} of ${places.get(unlisted)}; fetch the model again`);
}
