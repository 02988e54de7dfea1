// `tstar models`: the catalogue, fetching one model into the cache ahead of a run, and a model's hook points.
import { modelCatalog } from '../models/catalog.ts';
import { fetchModel } from '../models/fetch-model.ts';
import { parseModelConfig } from '../models/graph/model-config.ts';
import { HEAD_SITE, type Site, selectSites } from '../models/graph/sites.ts';
import { resolveModel } from '../models/resolve-model.ts';
import { renderTable } from './table.ts';
import { log, openHub } from './workplace.ts';

export async function list(): Promise<number> {
  const rows = Object.values(modelCatalog);
  const columns = [
    { header: 'model', align: 'left' as const, cell: (row: (typeof rows)[number]) => row.name },
    { header: 'what it is', align: 'left' as const, cell: (row: (typeof rows)[number]) => row.description },
  ];
  process.stdout.write(`${renderTable(columns, rows)}\n\n  Any other: hf:owner/name[@revision], or a folder in Hugging Face layout.\n`);
  return 0;
}

export async function fetch(name: string): Promise<number> {
  const { folder } = await fetchModel(name, { hub: openHub(), signal: AbortSignal.timeout(FETCH_LIMIT_MS), onProgress: log });
  process.stdout.write(`${folder}\n`);
  return 0;
}

/** Every place of a model whose input can be disturbed, with the width of one position; nothing but config.json is fetched. */
export async function sites(name: string, pattern = '**'): Promise<number> {
  const { config, origin } = await resolveModel(name, { hub: openHub(), signal: AbortSignal.timeout(FETCH_LIMIT_MS) });
  const found = selectSites(parseModelConfig(config, `${name} (${origin}): config.json`), pattern);
  const columns = [
    { header: 'site', align: 'left' as const, cell: (site: Site) => site.name },
    { header: 'shape', align: 'left' as const, cell: (site: Site) => `[S, ${site.width}]` },
    { header: 'what it is', align: 'left' as const, cell: (site: Site) => describeSite(site) },
  ];
  process.stdout.write(`${renderTable(columns, found)}\n`);
  return 0;
}

function describeSite({ name }: Site): string {
  if (name === HEAD_SITE) return 'what the LM head reads: the hidden state after the final norm';
  const [, layer, , linear] = name.split('.');
  return `what ${linear} of layer ${layer} reads`;
}

/** A day: large models on slow lines; downloads resume, so a limit loses nothing. */
const FETCH_LIMIT_MS = 24 * 3_600_000;
