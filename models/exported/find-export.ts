// The exported model in a folder or repository that holds an ONNX graph and no safetensors: its graph, read and checked, and
// the files that it needs. The graph is fetched for that, its weights are not.
import { dirname, posix } from 'node:path';
import { UserError } from '../../formats/user-error.ts';
import type { ModelPlace } from '../model-place.ts';
import { CONFIG_FILES, hasSafetensors } from '../repository-files.ts';
import { readJsonFile } from '../tokenizer-files.ts';
import { type ExportedModel, externalFiles } from './decode-export.ts';
import { GENAI_CONFIG, genaiSchema, graphFile } from './export-layout.ts';
import { checkExternalData, readExportedGraph } from './read-export.ts';

export interface FoundExport {
  readonly exported: ExportedModel;
  /** The graph, then the files of its weights; relative to the place. */
  readonly files: readonly string[];
  /** The small files beside it. */
  readonly configs: readonly string[];
}

/** Undefined where the place holds no export, or safetensors, which win. */
export async function findExport(place: ModelPlace): Promise<FoundExport | undefined> {
  const { paths, where } = place;
  if (hasSafetensors(paths)) return undefined;
  const genai = paths.includes(GENAI_CONFIG) ? await readJsonFile(await place.fetch(GENAI_CONFIG), genaiSchema) : undefined;
  const graph = graphFile(paths, genai, where);
  if (graph === undefined) return undefined;
  const file = await place.fetch(graph);
  const exported = await readExportedGraph(file);
  const weights = externalFiles(exported).map((location) => posix.join(posix.dirname(graph), location));
  // Nothing outside of a foreign folder is opened, not even to be hashed.
  if (place.kind === 'folder') await checkExternalData(exported, dirname(file));
  const missing = weights.find((path) => place.kind === 'repository' && !paths.includes(path));
  if (missing !== undefined) throw new UserError(`${where}: ${graph} keeps weights in ${missing}, which is not in the repository`);
  return { exported, files: [graph, ...weights], configs: [...CONFIG_FILES, GENAI_CONFIG].filter((path) => paths.includes(path)) };
}
