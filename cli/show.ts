// `tstar runs` and `tstar show`: finished runs, from their records in the store (no server is needed).
import { join } from 'node:path';
import { namesOf } from '../artifacts/cell-record.ts';
import { getRunRecord, listRuns, runDocument } from '../artifacts/run-index.ts';
import type { RunRecord } from '../artifacts/run-record.ts';
import { UserError } from '../formats/user-error.ts';
import { findCell } from './find-cell.ts';
import { formatDuration } from './format.ts';
import { resultDocument } from './result-document.ts';
import { renderResults } from './results-text.ts';
import { renderTable } from './table.ts';
import { openWorkplace, printJson, type Workplace } from './workplace.ts';

export async function runs(options: { readonly json?: boolean }): Promise<number> {
  const { store, log } = await openWorkplace();
  const records = await listRuns(store, log);
  if (options.json)
    printJson(
      records.map(({ run, pipeline, status, startedAt, endedAt, model, dataset, cells }) => ({
        run,
        pipeline,
        status,
        startedAt,
        endedAt,
        model: model?.name,
        dataset: dataset?.name,
        ...(cells.length === 0 ? {} : { cells: cells.length }),
      })),
    );
  else if (records.length === 0) log(`no runs in ${store.location} yet: tstar run effective-noise`);
  else process.stdout.write(`${runsTable(records)}\n`);
  return 0;
}

export async function show(run: string | undefined, options: { readonly json?: boolean; readonly cell?: string }): Promise<number> {
  const workplace = await openWorkplace();
  const { record, name } = findCell(await findRecord(workplace, run), options.cell);
  const dashboard = await dashboardPath(workplace, record.run);
  if (options.json) printJson(resultDocument(record, dashboard));
  else process.stdout.write(`${renderResults(record, name)}\n\ndashboard  ${dashboard ?? `none: tstar dashboard ${record.run}`}\n`);
  return record.status === 'done' ? 0 : 1;
}

/** The record of a run, or of the newest; an unfinished or unknown one is named with what to do. */
export async function findRecord({ store, log }: Pick<Workplace, 'store' | 'log'>, run: string | undefined): Promise<RunRecord> {
  const record = run === undefined ? (await listRuns(store, log))[0] : await getRunRecord(store, run, log);
  if (record !== undefined) return record;
  if (run === undefined) throw new UserError(`no finished run in ${store.location}: start one with \`tstar run effective-noise\``);
  throw new UserError(
    `run ${run} has no record in ${store.location}: it may be unfinished (tstar watch ${run}) or of another folder; tstar runs lists what is here`,
  );
}

/** Path of a run's dashboard in the store, null where none was made. */
export async function dashboardPath({ store }: Pick<Workplace, 'store'>, run: string): Promise<string | null> {
  const name = runDocument(run, 'dashboard.html');
  return (await store.getDocument(name)) === undefined ? null : join(store.location, name);
}

function runsTable(records: readonly RunRecord[]): string {
  return renderTable<RunRecord>(
    [
      { header: 'run', align: 'left', cell: (record) => record.run },
      { header: 'status', align: 'left', cell: (record) => record.status },
      { header: 'model', align: 'left', cell: (record) => namesOf(record, 'model').join(', ') || '-' },
      { header: 'dataset', align: 'left', cell: (record) => namesOf(record, 'dataset').join(', ') || '-' },
      ...(records.some(({ cells }) => cells.length > 0)
        ? [{ header: 'cells', cell: ({ cells }: RunRecord) => (cells.length === 0 ? '' : String(cells.length)) }]
        : []),
      { header: 'started', align: 'left', cell: (record) => record.startedAt.slice(0, 16).replace('T', ' ') },
      { header: 'took', cell: (record) => formatDuration((Date.parse(record.endedAt) - Date.parse(record.startedAt)) / 1000) },
    ],
    records,
  );
}
