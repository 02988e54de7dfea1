// What a bench row is, and how rows become a table and a JSON file. Every row is a ratio to a reference, which is either
// measured in the same run or recorded, and says so.

export interface BenchRow {
  readonly id: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** The figure it is compared with. */
  readonly reference: number;
  readonly referenceWhat: string;
  readonly referenceSource: 'this run' | 'recorded';
  /** How many times better than the reference (above 1 is better), whatever the unit. */
  readonly ratio: number;
  readonly goal: string;
  readonly met: boolean;
}

/** Ratio of a time or size: less is better. */
export function lessIsBetter(value: number, reference: number): number {
  return reference / value;
}

/** Ratio of a rate: more is better. */
export function moreIsBetter(value: number, reference: number): number {
  return value / reference;
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
  const widths = header.map((title, i) => Math.max(title.length, ...cells.map((line) => line[i]!.length)));
  const line = (texts: readonly string[]): string => `| ${texts.map((text, i) => text.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}

function format(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
