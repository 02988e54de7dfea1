// The tables of a run that belong to no figure, with every number in full: the summary, the table of step 3, the check of the
// set-up, the steps, the graded responses.
import { ownSections } from '../artifacts/own-sections.ts';
import { settingsDifferences } from './compared/differences.ts';
import { costColumns } from './cost.ts';
import type { DashboardData } from './data.ts';
import { verdictOf } from './verdict.ts';
import type { Cell, Table } from './views/view.ts';

export interface NamedTable {
  readonly name: string;
  readonly table: Table;
}

/** Those that the run has. */
export function runTables(data: DashboardData): readonly NamedTable[] {
  const { results, nodes } = data.record;
  const steps = nodes.map(({ id, step, version, queue, units, hit, computed, index, startedAt, endedAt, predicted, actual }) => ({
    id,
    step,
    version,
    queue,
    units,
    hit,
    computed,
    index,
    startedAt,
    endedAt,
    ...costColumns({ predicted, actual }),
  }));
  return [
    { name: 'matrix', table: tableOf(cellsOf(data)) },
    { name: 'summary', table: tableOf(results.tStar) },
    { name: 'effective-noise-summary', table: tableOf(results.effectiveNoise) },
    { name: 'setup', table: tableOf(results.setup === undefined ? undefined : [results.setup]) },
    { name: 'calibration-scores', table: tableOf(results.calibrationScores?.measures) },
    ...ownSections(results).map(({ name, rows }) => ({ name, table: tableOf(rows) })),
    { name: 'steps', table: tableOf(steps) },
    { name: 'generations', table: tableOf(data.graded) },
    ...((data.compared ?? []).length === 0 ? [] : [{ name: 'compared-settings', table: settingsDifferences(data) }]),
  ].filter(({ table }) => table.rows.length > 0);
}

/** A line per cell of a matrix. */
function cellsOf({ cells = [] }: DashboardData): readonly object[] {
  return cells.map(({ texts, record }) => {
    const verdict = verdictOf(record.results);
    return { ...texts, verdict: verdict?.overall ?? null, found: verdict?.brief ?? null };
  });
}

/** Columns are the fields; a list (of a curve, a shape) becomes one column an item. */
function tableOf(rows: readonly object[] | undefined = []): Table {
  const flat = rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).flatMap(([name, value]) =>
        Array.isArray(value) ? value.map((item, i) => [`${name}${i}`, item]) : [[name, value]],
      ),
    ),
  );
  const names = [...new Set(flat.flatMap((row) => Object.keys(row)))];
  return {
    columns: names.map((name) => ({ name, label: name })),
    rows: flat.map((row) => names.map((name) => (row[name] ?? null) as Cell)),
  };
}
