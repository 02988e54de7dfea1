// The numeric floor as a terminal shows it: alone as a table, beside other results as one line, and as a mark on what is too near to it.
import { COMPARISON_LABELS, FLOORS, type FloorRow, isNearFloor, type NumericFloor } from '../artifacts/floor-record.ts';
import { type Column, renderTable } from './table.ts';

export function floorText({ alpha, rows }: NumericFloor): string {
  const number = (value: number | null) => (value === null ? '-' : value === 0 ? '0' : value.toExponential(1));
  const columns: Column<FloorRow>[] = [
    { header: 'two ways', align: 'left', cell: (row) => COMPARISON_LABELS[row.comparison] },
    { header: 'alpha', cell: (row) => number(row.alpha) },
    { header: 'largest', cell: (row) => number(row.alphaMax) },
    { header: 'max |difference|', cell: (row) => number(row.max) },
    { header: 'rms', cell: (row) => number(row.rms) },
    { header: 'prompts', cell: (row) => String(row.prompts) },
  ];
  const unmeasured = rows.flatMap(({ comparison, why }) =>
    why === null ? [] : [`  ${COMPARISON_LABELS[comparison]}: not measured: ${why}`],
  );
  const measured = rows.filter(({ why }) => why === null);
  return [
    'Numeric floor: the same logits computed in two ways',
    ...(measured.length === 0 ? [] : [renderTable(columns, measured)]),
    ...unmeasured,
    `  ${sayFloor(alpha)}`,
  ].join('\n');
}

function sayFloor(alpha: number | null): string {
  if (alpha === null) return 'nothing was measured';
  if (alpha === 0) return 'the floor is 0: every way gives the same bits';
  return `the floor is alpha = ${alpha.toExponential(1)}; below ${FLOORS} times that an alpha is not told apart from it`;
}

/** A column for tables whose rows have an alpha; nothing stands in it where all are far above the floor. */
export function floorColumn<Row extends { readonly alpha: number }>(floor: NumericFloor | undefined): Column<Row> {
  return { header: '', align: 'left', cell: ({ alpha }) => (isNearFloor(alpha, floor) ? `below ${FLOORS} x the numeric floor` : '') };
}
