// A Markdown table with columns as wide as their cells: readable in a terminal as it is.

export function paddedTable(header: readonly string[], cells: readonly (readonly string[])[]): string {
  const widths = header.map((title, i) => Math.max(title.length, ...cells.map((line) => line[i]!.length)));
  const line = (texts: readonly string[]): string => `| ${texts.map((text, i) => text.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}
