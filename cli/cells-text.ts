// The cells of a run's matrix for a terminal: a line per cell with what it found.
import { type Cell, matrixOf } from '../artifacts/cell-record.ts';
import type { RunRecord } from '../artifacts/run-record.ts';
import { verdictOf } from '../dashboards/verdict.ts';
import { type Column, renderTable } from './table.ts';

export function cellsText(record: Pick<RunRecord, 'cells'>, cells: readonly Cell[]): string {
  const verdict = ({ record: { results } }: Cell) => verdictOf(results);
  const columns: Column<Cell>[] = [
    ...Object.keys(matrixOf(record)).map((name): Column<Cell> => ({ header: name, align: 'left', cell: ({ texts }) => texts[name] ?? '' })),
    { header: 'verdict', align: 'left', cell: (cell) => verdict(cell)?.overall ?? '-' },
    { header: '', align: 'left', cell: (cell) => verdict(cell)?.brief ?? '' },
  ];
  return `Cells\n${renderTable(columns, cells)}`;
}
