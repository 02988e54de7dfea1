// What a model's name stands for in keys: digests of the weights with their config (the engine), of the tokenizer files, and
// the EOS ids; before the weights are downloaded. Catalogue: literal. Hub: its own hashes of the files. Folder and mirror:
// the files are hashed where they lie. Only small JSON files are fetched, and of an export the graph, which names its files.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Hub } from '../hub/hub.ts';
import type { Json } from '../pipelines/plan.ts';
import type { ModelSource } from '../pipelines/sources.ts';
import { readEosIds } from './eos-ids.ts';
import { GRAPHS } from './exported/export-layout.ts';
import { type FoundExport, findExport } from './exported/find-export.ts';
import { readConfig } from './fetch-model.ts';
import { type ModelName, parseModelName } from './model-name.ts';
import { type ModelPlace, openPlace } from './model-place.ts';
import { CONFIG_FILES, TOKENIZER_FILES, weightFiles } from './repository-files.ts';

export interface ResolveModelOptions {
  readonly hub: Hub;
  readonly signal: AbortSignal;
}

export async function resolveModel(name: string, options: ResolveModelOptions): Promise<ModelSource> {
  const model = parseModelName(name);
  if (model.kind === 'catalog') return catalogSource(model);
  const place = await openPlace(model, options);
  const found = await findExport(place);
  return found === undefined ? builtSource(name, place) : exportedSource(name, place, found);
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

async function builtSource(name: string, place: ModelPlace): Promise<ModelSource> {
  const weights = weightFiles(place.where, place.paths);
  const folder = await place.gather(CONFIG_FILES.filter((path) => place.paths.includes(path)));
  const beside = place.kind === 'folder' ? GRAPHS.find((path) => place.paths.includes(path)) : undefined;
  const built = source(name, {
    config: (await readConfig(join(folder, 'config.json'))) as { readonly [key: string]: Json },
    weights: await digests(weights, place),
    tokenizer: await digests(tokenizerFiles(place), place),
    eosIds: await readEosIds(folder),
    origin: await place.origin(weights[0] as string),
  });
  return beside === undefined ? built : { ...built, exportBeside: await place.digest(beside) };
}

/** What an export computes is in its graph and the files that it names; its config decides nothing. */
async function exportedSource(name: string, place: ModelPlace, { exported, files, configs }: FoundExport): Promise<ModelSource> {
  const folder = await place.gather(configs);
  const shared = exported.sites.flatMap(({ name: site, shares }) => (shares === undefined ? [] : [site]));
  return {
    ...source(name, {
      config: {},
      weights: { graph: exported.digest, data: await digests(files.slice(1), place) },
      tokenizer: await digests(tokenizerFiles(place), place),
      eosIds: await readEosIds(folder),
      origin: await place.origin(files[0] as string),
    }),
    exported: {
      graph: exported.digest,
      fusedSites: shared,
      sites: exported.sites.map(({ name: site }) => site),
      linearSites: exported.sites.flatMap(({ name: site, kind }) => (kind === 'linear input' ? [site] : [])),
    },
  };
}

function tokenizerFiles({ paths }: ModelPlace): string[] {
  return TOKENIZER_FILES.filter((file) => paths.includes(file));
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

async function digests(files: readonly string[], place: ModelPlace): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const file of files) found[file] = await place.digest(file);
  return found;
}

/** JSON with the names of every object sorted: the same value gives the same text. */
function stableJson(value: Json): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
