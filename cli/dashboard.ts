// `tstar dashboard`: makes a run's page again from its record and the store, in the store or in a folder of one's choice.
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { dashboardHtml, renderDashboard } from '../activities/render-dashboard.ts';
import { findRecord } from './show.ts';
import { openWorkplace } from './workplace.ts';

export async function dashboard(run: string | undefined, options: { readonly out?: string }): Promise<number> {
  const workplace = await openWorkplace();
  const record = await findRecord(workplace, run);
  const path =
    options.out === undefined
      ? await renderDashboard(workplace.store, record)
      : await writePage(resolve(options.out), `${record.run}.html`, await dashboardHtml(workplace.store, record));
  process.stdout.write(`${path}\n`);
  return 0;
}

/** Written beside its place and renamed: a page that is there is whole. */
async function writePage(folder: string, name: string, html: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await writeFile(`${path}.partial`, html);
  await rename(`${path}.partial`, path);
  return path;
}
