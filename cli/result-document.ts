// The one JSON document of `tstar run --json`, `show --json` and `watch --json`: what a program needs of a run, from its record.
import type { RunRecord } from '../artifacts/run-record.ts';
import { cellName } from '../pipelines/plan.ts';
import { runError } from './error-document.ts';

export interface ResultDocument {
  readonly run: string;
  readonly status: string;
  readonly [key: string]: unknown;
}

/** `cells` stands only where the run has a matrix. Keys without a value (a run without a model, a dashboard that could not be made) are null; `error` stands only in runs that failed or were cancelled, as in any other failure. */
export function resultDocument(record: RunRecord, dashboard: string | null): ResultDocument {
  const { run, status, pipeline, results, cells, model, dataset, params, bos, warnings, units, versions, plan, startedAt, endedAt, error } =
    record;
  return {
    run,
    status,
    ...(status === 'done' ? {} : { error: runError(error ?? status) }),
    dashboard,
    pipeline,
    results,
    ...(cells.length === 0 ? {} : { cells: cells.map((cell) => ({ cell: cellName(cell.values), ...cell })) }),
    model,
    dataset,
    params,
    bos,
    warnings,
    units,
    steps: record.nodes.map(({ id, step, units, hit, computed, predicted, actual }) => ({
      step: id,
      type: step,
      units,
      hit,
      computed,
      predicted,
      actual,
    })),
    plan,
    versions,
    startedAt,
    endedAt,
  };
}
