// A section of a run's results that no shipped pipeline has, as a terminal shows it.
import type { OwnSection } from '../artifacts/own-sections.ts';
import { type Column, renderTable } from './table.ts';

type Fields = OwnSection['rows'][number];

const MAX_ROWS = 40;
/** Four significant digits, as an alpha has. */
const DIGITS = 4;

export function sectionText({ name, columns, rows }: OwnSection): string {
  if (rows.length === 0) return `${name}\n  (no rows)`;
  const shown = rows.slice(0, MAX_ROWS);
  const more = rows.length > MAX_ROWS ? `\n  and ${rows.length - MAX_ROWS} more (--json has them all)` : '';
  return `${name}\n${renderTable(columns.flatMap(columnsOf), shown)}${more}`;
}

function columnsOf({ field, hasInterval }: OwnSection['columns'][number]): Column<Fields>[] {
  return [
    { header: field, cell: (row) => cellText(row[field]) },
    ...(hasInterval ? [{ header: '95 %', cell: (row: Fields) => range(row[`${field}Low`], row[`${field}High`]) }] : []),
  ];
}

function range(low: unknown, high: unknown): string {
  return typeof low === 'number' && typeof high === 'number' ? `${cellText(low)} .. ${cellText(high)}` : '-';
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toPrecision(DIGITS);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
