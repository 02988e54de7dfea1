// Activations by site as a terminal shows them: those that stand out, by their spread and by their outliers.
import type { ActivationRow } from '../artifacts/activations-record.ts';
import { type Column, renderTable } from './table.ts';

/** Every site of a model makes hundreds of rows. */
const MOST_ROWS = 12;

export function activationsText(rows: readonly ActivationRow[]): string {
  const columns: Column<ActivationRow>[] = [
    { header: 'site', align: 'left', cell: ({ site }) => site },
    { header: 'mean', cell: (row) => row.mean.toFixed(4) },
    { header: 'std', cell: (row) => row.std.toFixed(4) },
    {
      header: '95 %',
      cell: ({ stdLow, stdHigh }) => (stdLow === null || stdHigh === null ? '-' : `${stdLow.toFixed(4)} .. ${stdHigh.toFixed(4)}`),
    },
    { header: 'min', cell: (row) => row.min.toFixed(2) },
    { header: 'max', cell: (row) => row.max.toFixed(2) },
    { header: 'outliers', cell: (row) => `${(row.outliers * 100).toFixed(4)} %` },
  ];
  const title = `Activations by site, over ${rows[0]?.prompts ?? 0} prompts (95 %: Student's t over them; outliers: more than 6 std from the mean)`;
  if (rows.length <= MOST_ROWS) return `${title}\n${renderTable(columns, rows)}`;
  const shown = rows.toSorted((a, b) => b.outliers - a.outliers).slice(0, MOST_ROWS);
  return `${title}\n${renderTable(columns, shown)}\n  ${rows.length - MOST_ROWS} with fewer outliers are in the run's table (--json, dashboard)`;
}
