// An exported model on this disk, checked: the graph, and every place in other files that its weights point at.
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { MAX_ONNX_BYTES } from '../../formats/limits.ts';
import { UserError } from '../../formats/user-error.ts';
import { decodeExport, type ExportedModel } from './decode-export.ts';

/** `file` is the graph; its weights are named relative to its folder. */
export async function readExport(file: string): Promise<ExportedModel> {
  const exported = await readExportedGraph(file);
  await checkExternalData(exported, dirname(file));
  return exported;
}

/** The graph alone: its weights need not be there yet. */
export async function readExportedGraph(file: string): Promise<ExportedModel> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined || !found.isFile()) throw new UserError(`${file}: there is no such file; expected an exported ONNX graph`);
  if (found.size > MAX_ONNX_BYTES)
    throw new UserError(`${file}: ${found.size} bytes, an ONNX file holds at most ${MAX_ONNX_BYTES}; larger models keep weights beside it`);
  return decodeExport(await readFile(file), file);
}

/** Every weight lies in a file inside the folder, links followed, and inside that file. */
export async function checkExternalData({ where, external }: ExportedModel, folder: string): Promise<void> {
  const root = await realpath(folder);
  const sizes = new Map<string, number>();
  for (const { tensor, location, offset, length } of external) {
    const known = sizes.get(location);
    const size = known ?? (await sizeInside(root, location, `${where}: tensor ${tensor}: external_data location '${location}'`));
    sizes.set(location, size);
    if (!Number.isSafeInteger(offset) || offset < 0 || offset + length > size)
      throw new UserError(
        `${where}: tensor ${tensor}: external_data is bytes ${offset} to ${offset + length} of ${location}, which has ${size}: truncated?`,
      );
  }
}

async function sizeInside(root: string, location: string, what: string): Promise<number> {
  const path = await realpath(join(root, location)).catch(() => undefined);
  if (path === undefined) throw new UserError(`${what}: there is no such file beside the graph; fetch the model again`);
  if (!path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`))
    throw new UserError(`${what} is a link that leads out of the model's folder; put the file itself there`);
  const found = await stat(path);
  if (!found.isFile()) throw new UserError(`${what} is not a file`);
  return found.size;
}
