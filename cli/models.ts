// `tstar models`: the catalogue, and fetching one model into the cache ahead of a run.
import { modelCatalog } from '../models/catalog.ts';
import { fetchModel } from '../models/fetch-model.ts';
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

/** A day: large models on slow lines; downloads resume, so a limit loses nothing. */
const FETCH_LIMIT_MS = 24 * 3_600_000;
