// Which file of a folder or repository is an exported decoder: transformers.js keeps `onnx/model.onnx` beside config.json, the
// ORT GenAI builder names its graph in genai_config.json (`model.onnx` unless told otherwise).
import { z } from 'zod';
import { UserError } from '../../formats/user-error.ts';

export const GENAI_CONFIG = 'genai_config.json';
export const GRAPHS = ['onnx/model.onnx', 'model.onnx'];

export const genaiSchema = z.looseObject({
  model: z.looseObject({
    context_length: z.int().min(1).optional(),
    eos_token_id: z.union([z.int().nonnegative(), z.array(z.int().nonnegative())]).optional(),
    decoder: z.looseObject({ filename: z.string().optional(), head_size: z.int().min(1).optional() }),
  }),
});
export type GenaiConfig = z.infer<typeof genaiSchema>;

/** The path of the graph among `paths`; undefined where there is none. `genai` is genai_config.json where the listing has it. */
export function graphFile(paths: readonly string[], genai: GenaiConfig | undefined, where: string): string | undefined {
  const named = genai?.model.decoder.filename;
  if (named === undefined) return GRAPHS.find((path) => paths.includes(path));
  if (!/^[^/\\:\0]+$/.test(named) || named.startsWith('.'))
    throw new UserError(`${where}: ${GENAI_CONFIG}: model.decoder.filename is '${named}'; expected the name of a file beside it`);
  if (!paths.includes(named)) throw new UserError(`${where}: ${GENAI_CONFIG} names ${named}, which is not there; fetch the model again`);
  return named;
}
