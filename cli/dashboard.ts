// `tstar dashboard`: makes a run's page again from its record and the store, in the store or in a folder of one's choice; or
// a site of all runs.
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { dashboardHtml, renderDashboard } from '../activities/render-dashboard.ts';
import { listRuns } from '../artifacts/run-index.ts';
import { UserError } from '../formats/user-error.ts';
import { findRecord } from './show.ts';
import { openWorkplace, type Workplace } from './workplace.ts';

export interface DashboardOptions {
  readonly out?: string;
  readonly all?: boolean;
}

export async function dashboard(run: string | undefined, options: DashboardOptions): Promise<number> {
  if (options.all) return site(run, options);
  const workplace = await openWorkplace();
  const record = await findRecord(workplace, run);
  const path =
    options.out === undefined
      ? await renderDashboard(workplace.store, record)
      : await writeWhole(join(resolve(options.out), `${record.run}.html`), await dashboardHtml(workplace.store, record));
  process.stdout.write(`${path}\n`);
  return 0;
}

async function site(run: string | undefined, { out }: DashboardOptions): Promise<number> {
  if (run !== undefined) throw new UserError(`dashboard --all is of all runs, not of ${run}: leave out one of them`);
  if (out === undefined) throw new UserError('dashboard --all needs a folder to write to: tstar dashboard --all --out site');
  const workplace = await openWorkplace();
  process.stdout.write(`${await writeSite(workplace, resolve(out))}\n`);
  return 0;
}

/** Pages first, the index last: its links lead to what is there. */
async function writeSite({ store, log }: Workplace, folder: string): Promise<string> {
  const { buildSiteIndex, HOME, runPage, SITE_INDEX } = await import('../dashboards/site.ts');
  const records = await listRuns(store, log);
  for (const [i, record] of records.entries()) {
    await writeWhole(join(folder, runPage(record.run)), await dashboardHtml(store, record, { home: HOME }));
    log(`page ${i + 1} of ${records.length}: ${record.run}`);
  }
  return writeWhole(join(folder, SITE_INDEX), await buildSiteIndex(records));
}

/** Written beside its place and renamed: a file that is there is whole. */
async function writeWhole(path: string, content: string | Uint8Array): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.partial`, content);
  await rename(`${path}.partial`, path);
  return path;
}
