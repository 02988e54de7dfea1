// What a bench row is, and how rows become a table and a JSON file. Every row is a ratio to a reference, which is either
// measured in the same run or recorded, and says so.
import { paddedTable } from './markdown-table.ts';
import type { Reference } from './references.ts';

export interface BenchRow {
  readonly id: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** The figure it is compared with. */
  readonly reference: number;
  readonly referenceWhat: string;
  readonly referenceSource: Reference['source'];
  /** How many times better than the reference (above 1 is better), whatever the unit. */
  readonly ratio: number;
  readonly goal: string;
  readonly met: boolean;
}

export interface Measurement {
  readonly id: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly better: 'less' | 'more';
  readonly reference: Reference;
  /** The ratio asked for. */
  readonly atLeast: number;
  /** What else is asked for, in words, and whether it is so. */
  readonly also?: { readonly goal: string; readonly met: boolean };
}

export function benchRow({ id, what, value, unit, better, reference, atLeast, also }: Measurement): BenchRow {
  const ratio = better === 'less' ? reference.value / value : value / reference.value;
  return {
    id,
    what,
    value,
    unit,
    reference: reference.value,
    referenceWhat: reference.what,
    referenceSource: reference.source,
    ratio,
    goal: [`at least ${atLeast} x`, ...(also === undefined ? [] : [also.goal])].join('; '),
    met: ratio >= atLeast && (also?.met ?? true),
  };
}

/** A limit that was set beforehand, as the thing to be compared with. */
export function limit(value: number): Reference {
  return { value, what: 'limit', source: 'recorded' };
}

/** A Markdown table, readable in a terminal as it is. */
export function renderRows(rows: readonly BenchRow[]): string {
  const header = ['what', 'measured', 'reference', 'ratio', 'goal', 'met'];
  const cells = rows.map((row) => [
    row.what,
    `${format(row.value)} ${row.unit}`,
    `${format(row.reference)} ${row.unit}, ${row.referenceWhat} (${row.referenceSource})`,
    `${format(row.ratio)} x`,
    row.goal,
    row.met ? 'yes' : 'NO',
  ]);
  return paddedTable(header, cells);
}

function format(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
