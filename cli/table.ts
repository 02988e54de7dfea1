// Tables for people: columns aligned, numbers to the right, a rule under the header; the same rows as text that a terminal
// or a log shows.

export interface Column<Row> {
  readonly header: string;
  cell(row: Row): string;
  /** Text columns stand to the left, numbers (the default) to the right. */
  readonly align?: 'left';
}

/** Renders rows under their headers, two blanks between columns. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = [columns.map((column) => column.header), ...rows.map((row) => columns.map((column) => column.cell(row)))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => displayWidth(line[i]!))));
  const lines = cells.map((line) =>
    line
      .map((text, i) => pad(text, widths[i]!, columns[i]!.align))
      .join('  ')
      .trimEnd(),
  );
  return [lines[0], widths.map((width) => '-'.repeat(width)).join('  '), ...lines.slice(1)].map((line) => `  ${line}`.trimEnd()).join('\n');
}

function pad(text: string, width: number, align: 'left' | undefined): string {
  const blanks = ' '.repeat(width - displayWidth(text));
  return align === 'left' ? text + blanks : blanks + text;
}

/** Terminal columns of our own texts: they hold no wide and no combining characters. */
function displayWidth(text: string): number {
  return [...text].length;
}
