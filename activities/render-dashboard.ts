// Renders a run's dashboard from its record and the rows in the store, and puts it beside the record. Not cached: the page
// carries times, and making it again from the store is cheap.
import { join } from 'node:path';
import { cellsOfRun } from '../artifacts/cell-record.ts';
import { runDocument } from '../artifacts/run-index.ts';
import type { RunRecord } from '../artifacts/run-record.ts';
import type { Store } from '../artifacts/store.ts';
import type { CellData, DashboardData } from '../dashboards/data.ts';
import type { NodeUnits } from '../dashboards/units.ts';
import { drawsSoFar } from './draws-so-far.ts';
import { unfinishedUnits } from './run-units.ts';

/** Path of the page in the store's folder. */
export async function renderDashboard(store: Store, record: RunRecord, compared: readonly RunRecord[] = []): Promise<string> {
  const html = await dashboardHtml(store, record, { compared });
  // A comparison lies beside the run's own page, which others link to.
  const name = runDocument(record.run, compared.length === 0 ? 'dashboard.html' : 'comparison.html');
  await store.putDocument(name, new TextEncoder().encode(html));
  return join(store.location, name);
}

/** The page itself. jsdom and Plot take half a second to load: only here. */
export async function dashboardHtml(
  store: Store,
  record: RunRecord,
  { home, compared = [] }: { readonly home?: string; readonly compared?: readonly RunRecord[] } = {},
): Promise<string> {
  const { buildDashboard } = await import('../dashboards/build.ts');
  return buildDashboard(await readRun(store, record, compared), home === undefined ? {} : { home });
}

/** All that a page or its figures are made of. */
export async function readRun(store: Store, record: RunRecord, compared: readonly RunRecord[]): Promise<DashboardData> {
  const { readComparison } = await import('../dashboards/data.ts');
  const unfinished = await unfinishedUnits(store, record);
  const whole = await readComparison(store, record, compared, unfinished);
  const cells = await readCells(store, record, unfinished);
  return cells.length > 0 ? { ...whole, cells } : { ...whole, ...(await drawsSoFar(store, record, unfinished)) };
}

/** Every cell of a matrix as a run of its own. */
async function readCells(store: Store, record: RunRecord, unfinished: readonly NodeUnits[]): Promise<readonly CellData[]> {
  const { readDashboardData } = await import('../dashboards/data.ts');
  const cells: CellData[] = [];
  for (const { name, texts, record: cell } of cellsOfRun(record)) {
    const data = { ...(await readDashboardData(store, cell, unfinished)), ...(await drawsSoFar(store, cell, unfinished)) };
    cells.push({ ...data, label: name, texts });
  }
  return cells;
}
