// A section of a run's results that no shipped pipeline has: numbers and tables of numbers as a step of one's own put them.
// A field with `Low` and `High` beside it shows its interval.
import { type Column, renderTable } from './table.ts';

type Fields = Readonly<Record<string, unknown>>;

const MAX_ROWS = 40;
/** Four significant digits, as an alpha has. */
const DIGITS = 4;

export function sectionText(name: string, value: unknown): string {
  const rows = (Array.isArray(value) ? value : [value]).map((row): Fields => (isFields(row) ? row : { [name]: row }));
  if (rows.length === 0) return `${name}\n  (no rows)`;
  const fields = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const shown = rows.slice(0, MAX_ROWS);
  const more = rows.length > MAX_ROWS ? `\n  and ${rows.length - MAX_ROWS} more (--json has them all)` : '';
  return `${name}\n${renderTable(columnsOf(fields), shown)}${more}`;
}

function columnsOf(fields: readonly string[]): Column<Fields>[] {
  const hasInterval = (field: string) => fields.includes(`${field}Low`) && fields.includes(`${field}High`);
  const spreads = new Set(fields.filter(hasInterval).flatMap((field) => [`${field}Low`, `${field}High`, `${field}Se`]));
  return fields
    .filter((field) => !spreads.has(field))
    .flatMap((field): Column<Fields>[] => [
      { header: field, cell: (row) => cellText(row[field]) },
      ...(hasInterval(field) ? [{ header: '95 %', cell: (row: Fields) => range(row[`${field}Low`], row[`${field}High`]) }] : []),
    ]);
}

function range(low: unknown, high: unknown): string {
  return typeof low === 'number' && typeof high === 'number' ? `${cellText(low)} .. ${cellText(high)}` : '-';
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toPrecision(DIGITS);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
