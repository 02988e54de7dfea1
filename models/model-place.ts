// Where the files of a model are had from: a folder on this disk, or a repository of the hub. One shape for both, so that
// what a model is made of is decided in one way.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hub, HubOptions } from '../hub/hub.ts';
import { gatherFiles, type LinkKind } from './gather-files.ts';
import { hashFile } from './hash-file.ts';
import type { ModelName } from './model-name.ts';

export interface ModelPlace {
  readonly kind: 'folder' | 'repository';
  /** How errors name it. */
  readonly where: string;
  /** Its files, relative, with `/`. */
  readonly paths: readonly string[];
  /** The file on this disk, downloaded where it is not there yet. */
  fetch(path: string): Promise<string>;
  /** SHA-256 of a file's bytes; downloads nothing that the hub has a hash of. */
  digest(path: string): Promise<string>;
  /** One folder that holds the files under their paths. */
  gather(paths: readonly string[], links?: LinkKind): Promise<string>;
  /** For people: `folder ...`, `cache`, `hub ...` */
  origin(path: string): Promise<string>;
}

export interface PlaceOptions {
  readonly hub: Hub;
  readonly signal: AbortSignal;
  readonly onProgress?: NonNullable<HubOptions['onProgress']>;
}

export function openPlace(model: Exclude<ModelName, { kind: 'catalog' }>, options: PlaceOptions): Promise<ModelPlace> {
  return model.kind === 'folder' ? folderPlace(model.folder, options) : repositoryPlace(model, options);
}

/** The folder that transformers.js keeps its graphs in. */
const ONNX_FOLDER = 'onnx';

async function folderPlace(folder: string, { signal }: PlaceOptions): Promise<ModelPlace> {
  const top = await readdir(folder, { withFileTypes: true });
  const inner = top.some((entry) => entry.name === ONNX_FOLDER && !entry.isFile()) ? await readdir(join(folder, ONNX_FOLDER)) : [];
  const pathOf = (path: string) => join(folder, ...path.split('/'));
  return {
    kind: 'folder',
    where: folder,
    paths: [...top.filter((entry) => !entry.isDirectory()).map(({ name }) => name), ...inner.map((name) => `${ONNX_FOLDER}/${name}`)],
    fetch: async (path) => pathOf(path),
    digest: (path) => hashFile(pathOf(path), signal),
    gather: async () => folder,
    origin: async () => `folder ${folder}`,
  };
}

async function repositoryPlace(
  { name, repository, revision }: ModelName & { readonly kind: 'hub' },
  { hub, signal, onProgress }: PlaceOptions,
): Promise<ModelPlace> {
  const place = { kind: 'model', repository, revision } as const;
  const listed = new Map((await hub.listFiles(place, { signal })).map((file) => [file.path, file]));
  const options = onProgress === undefined ? { signal } : { signal, onProgress };
  const fetchFile = (path: string) => hub.fetchFile({ ...place, ...listed.get(path), path }, options);
  const fetch = async (path: string) => (await fetchFile(path)).file;
  return {
    kind: 'repository',
    where: name,
    paths: [...listed.keys()],
    fetch,
    async digest(path) {
      // The hub names the SHA-256 of every large file; small ones, and those of mirror folders, are hashed here.
      const known = listed.get(path)?.sha256;
      if (known !== undefined) return known;
      const fetched = await fetchFile(path);
      return fetched.sha256 ?? (await hashFile(fetched.file, signal));
    },
    async gather(paths, links) {
      const files: { path: string; file: string }[] = [];
      for (const path of paths) files.push({ path, file: await fetch(path) });
      return gatherFiles(files, join(hub.cacheFolder, 'models'), links);
    },
    origin: (path) => hub.locate({ ...place, path }, { signal }),
  };
}
