// Renders a run's dashboard from its record and the rows in the store, and puts it beside the record. Not cached: the page
// carries times, and making it again from the store is cheap.
import { join } from 'node:path';
import { runDocument } from '../artifacts/run-index.ts';
import type { RunRecord } from '../artifacts/run-record.ts';
import type { Store } from '../artifacts/store.ts';
import type { DashboardData } from '../dashboards/data.ts';
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
  return { ...(await readComparison(store, record, compared, unfinished)), ...(await drawsSoFar(store, record, unfinished)) };
}
