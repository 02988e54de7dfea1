// Which files of a Hugging Face layout make up a model: config, tokenizer files and the safetensors shards. From a listing
// (a hub's, a mirror's, a folder's), and checked for what is missing before anything is fetched.
import { UserError } from '../formats/user-error.ts';

export const TOKENIZER_FILES = ['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja'] as const;
/** Small files that steps read whole. */
export const CONFIG_FILES = ['config.json', 'generation_config.json', ...TOKENIZER_FILES] as const;
export const SHARD_INDEX = 'model.safetensors.index.json';

/** Whether the weights are safetensors: then the graph is built here, whatever else lies beside them. */
export function hasSafetensors(paths: readonly string[]): boolean {
  return paths.some((path) => !path.includes('/') && path.endsWith('.safetensors'));
}

/** Sorted names of the weights among `paths`; a single file wins over shards. `where` names the place in errors. */
export function weightFiles(where: string, paths: readonly string[]): readonly string[] {
  if (!paths.includes('config.json')) throw new UserError(`${where}: has no config.json; expected a model in Hugging Face layout`);
  if (paths.includes('model.safetensors')) return ['model.safetensors'];
  const shards = paths.filter((path) => /^model-\d{5}-of-\d{5}\.safetensors$/.test(path)).sort();
  const first = shards[0];
  if (first === undefined) {
    const found = paths.filter((path) => /\.(bin|gguf|onnx|pt|safetensors)$/.test(path)).slice(0, 3);
    throw new UserError(
      `${where}: has no model.safetensors${found.length > 0 ? ` (found ${found.join(', ')})` : ''}; convert the weights to safetensors`,
    );
  }
  const expected = Number(/of-(\d{5})/.exec(first)?.[1]);
  if (shards.length !== expected) throw new UserError(`${where}: has ${shards.length} of ${expected} shards (${first} ...)`);
  if (!paths.includes(SHARD_INDEX)) throw new UserError(`${where}: has shards but no ${SHARD_INDEX}`);
  return shards;
}
