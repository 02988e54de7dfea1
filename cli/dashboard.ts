// `tstar dashboard`: makes a run's page again from its record and the store, in the store or in a folder of one's choice;
// its figures and tables as files; or a site of all runs.
import { join, resolve } from 'node:path';
import { dashboardHtml, readRun, renderDashboard } from '../activities/render-dashboard.ts';
import { cellsOfRun, isPartOf, matrixOf } from '../artifacts/cell-record.ts';
import { listRuns } from '../artifacts/run-index.ts';
import type { RunRecord } from '../artifacts/run-record.ts';
import { UserError } from '../formats/user-error.ts';
import type { CellValues } from '../pipelines/plan.ts';
import { runAddress } from '../temporal/run-address.ts';
import { embeddedTarget, readSettings } from '../temporal/settings.ts';
import { findCell } from './find-cell.ts';
import { findRecord } from './show.ts';
import { openWorkplace, type Workplace } from './workplace.ts';
import { writeWhole } from './write-file.ts';

/** As many as dashboards/compared/runs.ts has colours for, less the page's own run (that module loads Plot: not here). */
const MOST_COMPARED = 3;

export interface DashboardOptions {
  readonly out?: string;
  readonly all?: boolean;
  readonly figures?: string;
  readonly compare?: readonly string[];
  readonly cell?: string;
}

export async function dashboard(run: string | undefined, options: DashboardOptions): Promise<number> {
  if (options.all) return site(run, options);
  const workplace = await openWorkplace();
  const { record, name } = findCell(withAddress(await findRecord(workplace, run)), options.cell);
  const compared = await findCompared(workplace, record, options.compare ?? []);
  if (options.figures !== undefined) return figures(workplace, record, compared, resolve(options.figures));
  // A cell has no place of its own in the store: its page goes where it is wanted.
  const folder = options.out ?? (name === undefined ? undefined : '.');
  const page = [record.run, ...(name === undefined ? [] : [name])].map(encodeURIComponent).join('.');
  const path =
    folder === undefined
      ? await renderDashboard(workplace.store, record, compared)
      : await writeWhole(join(resolve(folder), `${page}.html`), await dashboardHtml(workplace.store, record, { compared }));
  process.stdout.write(`${path}\n`);
  return 0;
}

/** Records of older runs, and of workers that nobody told, lack the address in the Temporal UI: what this machine would use. */
function withAddress(record: RunRecord): RunRecord {
  if (record.uiAddress !== null) return record;
  const { cluster, ports } = readSettings();
  const target = cluster ?? embeddedTarget(ports);
  if (target.namespace !== record.namespace) return record;
  return { ...record, uiAddress: runAddress(target, record.run, record.temporalRunId) };
}

/** The runs to compare with, each once, none of them the page's own. */
async function findCompared(workplace: Workplace, record: RunRecord, names: readonly string[]): Promise<readonly RunRecord[]> {
  if (names.length > 0 && record.cells.length > 0)
    throw new UserError(
      `${record.run} has ${record.cells.length} cells, which are no run to compare: name one with --cell (its page has them side by side)`,
    );
  const others = [...new Set(names)].filter((name) => name !== record.run);
  if (names.length > 0 && others.length === 0)
    throw new UserError(`${record.run} cannot be compared with itself: name another run (tstar runs)`);
  if (others.length > MOST_COMPARED)
    throw new UserError(`${others.length} runs to compare with: at most ${MOST_COMPARED} can be told apart in one figure`);
  return Promise.all(others.map(async (name) => cellLike(record, withAddress(await findRecord(workplace, name)))));
}

/** Of a run with a matrix, the cell that has the values of the page's own run or cell. */
function cellLike({ params }: RunRecord, other: RunRecord): RunRecord {
  if (other.cells.length === 0) return other;
  const names = Object.keys(matrixOf(other));
  const found = cellsOfRun(other)[other.cells.findIndex(({ values }) => isPartOf(values, params as CellValues))];
  if (found !== undefined) return found.record;
  throw new UserError(
    `--compare ${other.run}: none of its cells has ${names.map((name) => `${name}=${JSON.stringify(params[name] ?? null)}`).join(', ')}`,
  );
}

/** Exit 1 where the PNGs could not be made: they were asked for. */
async function figures({ store, log }: Workplace, record: RunRecord, compared: readonly RunRecord[], folder: string): Promise<number> {
  const { buildFigures } = await import('../dashboards/figures.ts');
  const { files, png } = await buildFigures(await readRun(store, record, compared));
  for (const { name, content } of files) process.stdout.write(`${await writeWhole(join(folder, name), content)}\n`);
  if (png === 'drawn') return 0;
  log('no PNG was made: this machine has no font, and text would be missing. Install one (Debian: apt-get install fonts-dejavu-core)');
  return 1;
}

async function site(run: string | undefined, { out, figures: pictures, compare, cell }: DashboardOptions): Promise<number> {
  if (pictures !== undefined) throw new UserError('dashboard --figures is of one run: leave out --all');
  if (cell !== undefined) throw new UserError('dashboard --cell is of one run: leave out --all');
  if (compare !== undefined) throw new UserError('dashboard --compare is of one run and others: leave out --all');
  if (run !== undefined) throw new UserError(`dashboard --all is of all runs, not of ${run}: leave out one of them`);
  if (out === undefined) throw new UserError('dashboard --all needs a folder to write to: tstar dashboard --all --out site');
  const workplace = await openWorkplace();
  process.stdout.write(`${await writeSite(workplace, resolve(out))}\n`);
  return 0;
}

/** Pages first, the index last: its links lead to what is there. */
async function writeSite({ store, log }: Workplace, folder: string): Promise<string> {
  const { buildSiteIndex, HOME, runPage, SITE_INDEX } = await import('../dashboards/site.ts');
  const records = (await listRuns(store, log)).map(withAddress);
  for (const [i, record] of records.entries()) {
    await writeWhole(join(folder, runPage(record.run)), await dashboardHtml(store, record, { home: HOME }));
    log(`page ${i + 1} of ${records.length}: ${record.run}`);
  }
  return writeWhole(join(folder, SITE_INDEX), await buildSiteIndex(records));
}
