// The Parquet files of a dataset's split, in order: where they are, and their paths on this disk. One place that knows the
// three kinds of datasets apart: the catalogue's, any repository on the hub, files on this disk.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../formats/user-error.ts';
import type { ListedFile } from '../hub/hub.ts';
import type { CatalogSplit } from './catalog.ts';
import type { DatasetName } from './dataset-name.ts';
import type { HubDatasetFile, QuestionHub } from './question-hub.ts';

export interface HubAccess {
  readonly hub: QuestionHub;
  readonly signal: AbortSignal;
}

/** The catalogue's record of a split; undefined for datasets that are not in the catalogue. */
export function catalogSplit(dataset: DatasetName, split: string): CatalogSplit | undefined {
  if (dataset.kind !== 'catalog') return undefined;
  const { splits } = dataset.entry;
  const found = Object.hasOwn(splits, split) ? splits[split] : undefined;
  if (found !== undefined) return found;
  throw new UserError(`dataset ${dataset.name}: has no split ${JSON.stringify(split)}; it has ${Object.keys(splits).join(', ')}`);
}

/** Where the split is, for people; throws where it cannot be had. Downloads nothing. */
export async function locateSplit(dataset: DatasetName, split: string, { hub, signal }: HubAccess): Promise<string> {
  const listed = catalogSplit(dataset, split);
  if (dataset.kind === 'disk') return diskFiles(dataset.path, split).join(', ');
  if (dataset.kind === 'hub') return hub.locate(await findHubFile(dataset, split, { hub, signal }), { signal });
  if (dataset.entry.from.kind === 'shipped') return 'shipped with tstar';
  return hub.locate({ ...dataset.entry.from, path: listed?.file ?? '' }, { signal });
}

/** The split's files on this disk, fetched where they are not here yet. */
export async function fetchSplit(dataset: DatasetName, split: string, { hub, signal }: HubAccess): Promise<readonly string[]> {
  const listed = catalogSplit(dataset, split);
  if (dataset.kind === 'disk') return diskFiles(dataset.path, split);
  if (dataset.kind === 'hub') return [await hub.fetch(await findHubFile(dataset, split, { hub, signal }), { signal })];
  if (dataset.entry.from.kind === 'shipped') return [join(packageFolder(), 'datasets', listed?.file ?? '')];
  return [await hub.fetch({ ...dataset.entry.from, path: listed?.file ?? '' }, { signal })];
}

/** A file stands for every split; a folder holds `test.parquet` or `test-00000-of-00002.parquet` ..., itself or in `data/`. */
function diskFiles(path: string, split: string): readonly string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new UserError(`dataset ${path}: no such file or folder`);
  if (!found.isDirectory()) return [path];
  for (const folder of [path, join(path, 'data')]) {
    const names = existsSync(folder) ? readdirSync(folder) : [];
    const shards = names.filter((name) => name === `${split}.parquet` || (name.startsWith(`${split}-`) && name.endsWith('.parquet')));
    if (shards.length > 0) return shards.sort().map((name) => join(folder, name));
  }
  throw new UserError(
    `dataset ${path}: no Parquet file for split ${split} (looked for ${split}.parquet and ${split}-*.parquet there and in data/)`,
  );
}

/** Repositories on the hub keep a split's one file in the config's folder, or in `data/` where there is one config. */
async function findHubFile(dataset: DatasetName & { kind: 'hub' }, split: string, access: HubAccess): Promise<HubDatasetFile> {
  const folders = dataset.config === undefined ? ['data', 'default', 'main'] : [dataset.config];
  const files = folders.map((folder) => ({
    repository: dataset.repository,
    revision: 'main',
    path: `${folder}/${split}-00000-of-00001.parquet`,
  }));
  // With the hashes that the hub lists: what the cache has of the branch may be of before.
  const listed = await access.hub.list(files[0]!, access).catch((error: Error) => error);
  access.signal.throwIfAborted();
  const found = listed instanceof Error ? await firstToBeHad(files, access) : firstListed(files, listed);
  if (found !== undefined) return found;
  if (listed instanceof Error && files.length === 1) throw listed;
  const why = listed instanceof Error ? listed.message : 'its list of files has none of them';
  throw new UserError(
    `dataset ${dataset.name}: no ${split}-00000-of-00001.parquet in ${folders.join('/, ')}/ of ${dataset.repository}; name the config: ${dataset.name}/CONFIG (${why})`,
  );
}

function firstListed(files: readonly HubDatasetFile[], listed: readonly ListedFile[]): HubDatasetFile | undefined {
  const byPath = new Map(listed.map((file) => [file.path, file]));
  const file = files.find(({ path }) => byPath.has(path));
  return file && { ...file, ...byPath.get(file.path) };
}

/** A plain server of files has no list of them. */
async function firstToBeHad(files: readonly HubDatasetFile[], { hub, signal }: HubAccess): Promise<HubDatasetFile | undefined> {
  for (const file of files) {
    const place = await hub.locate(file, { signal }).catch(() => undefined);
    signal.throwIfAborted();
    if (place !== undefined) return file;
  }
  return undefined;
}

/** The folder of this package, from the sources as well as from the built files below it. */
function packageFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}
