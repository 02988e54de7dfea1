// What a model's name stands for in keys: digests of the weights with their config (the engine), of the tokenizer files, and
// the EOS ids; before the weights are downloaded. Catalogue: literal. Hub: its own hashes of the files. Folder and mirror:
// the files are hashed where they lie. Only small JSON files are fetched.
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hub } from '../hub/hub.ts';
import type { Json } from '../pipelines/plan.ts';
import type { ModelSource } from '../pipelines/sources.ts';
import { readEosIds } from './eos-ids.ts';
import { readConfig } from './fetch-model.ts';
import { gatherFiles } from './gather-files.ts';
import { hashFile } from './hash-file.ts';
import { type ModelName, parseModelName } from './model-name.ts';
import { CONFIG_FILES, TOKENIZER_FILES, weightFiles } from './repository-files.ts';

export interface ResolveModelOptions {
  readonly hub: Hub;
  readonly signal: AbortSignal;
}

export async function resolveModel(name: string, options: ResolveModelOptions): Promise<ModelSource> {
  const model = parseModelName(name);
  if (model.kind === 'catalog') return catalogSource(model);
  if (model.kind === 'folder') return folderSource(model, options);
  return repositorySource(model, options);
}

function catalogSource({ name, entry }: ModelName & { kind: 'catalog' }): ModelSource {
  return source(name, {
    config: entry.config,
    weights: entry.weightFiles,
    tokenizer: entry.tokenizerFiles,
    eosIds: entry.eosIds,
    origin: `catalog ${name}`,
  });
}

async function folderSource({ name, folder }: ModelName & { kind: 'folder' }, { signal }: ResolveModelOptions): Promise<ModelSource> {
  const paths = await readdir(folder);
  const digest = (path: string) => hashFile(join(folder, path), signal);
  return source(name, {
    config: (await readConfig(join(folder, 'config.json'))) as { readonly [key: string]: Json },
    weights: await digests(weightFiles(folder, paths), digest),
    tokenizer: await digests(
      TOKENIZER_FILES.filter((file) => paths.includes(file)),
      digest,
    ),
    eosIds: await readEosIds(folder),
    origin: `folder ${folder}`,
  });
}

async function repositorySource(model: ModelName & { kind: 'hub' }, { hub, signal }: ResolveModelOptions): Promise<ModelSource> {
  const repository = { kind: 'model', repository: model.repository, revision: model.revision } as const;
  const listed = new Map((await hub.listFiles(repository, { signal })).map((file) => [file.path, file]));
  const weights = weightFiles(model.name, [...listed.keys()]);
  const fetchFile = (path: string) => hub.fetchFile({ ...repository, ...listed.get(path), path }, { signal });
  // The hub names the SHA-256 of every large file; small ones, and those of mirror folders, are hashed here.
  const digest = async (path: string) => {
    const known = listed.get(path)?.sha256;
    if (known !== undefined) return known;
    const fetched = await fetchFile(path);
    return fetched.sha256 ?? (await hashFile(fetched.file, signal));
  };
  const files: string[] = [];
  for (const path of CONFIG_FILES) if (listed.has(path)) files.push((await fetchFile(path)).file);
  const folder = await gatherFiles(files, join(hub.cacheFolder, 'models'));
  return source(model.name, {
    config: (await readConfig(join(folder, 'config.json'))) as { readonly [key: string]: Json },
    weights: await digests(weights, digest),
    tokenizer: await digests(
      TOKENIZER_FILES.filter((file) => listed.has(file)),
      digest,
    ),
    eosIds: await readEosIds(folder),
    origin: await hub.locate({ ...repository, path: weights[0] as string }, { signal }),
  });
}

interface Parts {
  readonly config: { readonly [key: string]: Json };
  readonly weights: { readonly [file: string]: Json };
  readonly tokenizer: { readonly [file: string]: string };
  readonly eosIds: readonly number[];
  readonly origin: string;
}

function source(name: string, { config, weights, tokenizer, eosIds, origin }: Parts): ModelSource {
  const digest = (value: Json) => createHash('sha256').update(stableJson(value)).digest('hex');
  return {
    name,
    config,
    digests: { engine: digest({ weights, config }), tokenizer: digest(tokenizer), generation: digest({ eosIds }) },
    eosIds,
    origin,
  };
}

async function digests(files: readonly string[], digest: (file: string) => Promise<string>): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const file of files) found[file] = await digest(file);
  return found;
}

/** JSON with the names of every object sorted: the same value gives the same text. */
function stableJson(value: Json): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
