// `tstar models`: the catalogue, fetching one model into the cache ahead of a run, and a model's hook points.
import { modelCatalog } from '../models/catalog.ts';
import { fetchModel, isConverted } from '../models/fetch-model.ts';
import { matchSites, type Site } from '../models/graph/sites.ts';
import { listModelSites } from '../models/list-model-sites.ts';
import { renderTable } from './table.ts';
import { log, openHub, printJson } from './workplace.ts';

export async function list(): Promise<number> {
  const { cacheFolder } = openHub();
  const rows = await Promise.all(
    Object.values(modelCatalog).map(async (entry) => ({ ...entry, isHere: await isConverted(entry, cacheFolder) })),
  );
  const columns = [
    { header: 'model', align: 'left' as const, cell: (row: (typeof rows)[number]) => row.name },
    { header: 'here', align: 'left' as const, cell: (row: (typeof rows)[number]) => (row.isHere ? 'yes' : 'no') },
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

/** Every hook point of a model, or those that a pattern names; nothing but config.json, or an exported graph, is fetched. */
export async function sites(name: string, pattern = '**', { json = false }: { readonly json?: boolean } = {}): Promise<number> {
  const found = matchSites(await listModelSites(name, { hub: openHub(), signal: AbortSignal.timeout(FETCH_LIMIT_MS) }), pattern);
  if (json) {
    const rows = found.map((site) => ({
      name: site.name,
      shape: shapeOf(site),
      kind: site.kind,
      what: site.what,
      ...(site.shares === undefined ? {} : { shares: site.shares }),
    }));
    printJson(rows);
    return 0;
  }
  const columns = [
    { header: 'site', align: 'left' as const, cell: (site: Site) => site.name },
    { header: 'shape', align: 'left' as const, cell: (site: Site) => `[${shapeOf(site).join(', ')}]` },
    { header: 'kind', align: 'left' as const, cell: (site: Site) => site.kind },
    { header: 'what it is', align: 'left' as const, cell: (site: Site) => site.what },
  ];
  process.stdout.write(`${renderTable(columns, found)}\n`);
  return 0;
}

/** S is the number of positions; a site of the last position alone has none. */
function shapeOf({ positions, width }: Site): (string | number)[] {
  return positions === 'last' ? [width] : ['S', width];
}

/** A day: large models on slow lines; downloads resume, so a limit loses nothing. */
const FETCH_LIMIT_MS = 24 * 3_600_000;
