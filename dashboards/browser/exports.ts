// Figures as SVG and PNG, tables as CSV, Markdown and LaTeX. An exported picture stands alone: the colours of the moment are
// written into it.
import { copyText } from './copy.ts';

export function startExports(): void {
  document.addEventListener('click', (event) => {
    const button = (event.target as Element).closest<HTMLElement>('button[data-export]');
    if (button === null) return;
    const kind = button.dataset.export!;
    if (kind === 'svg' || kind === 'png') void exportFigure(button.closest('figure')!, kind);
    else exportTable(button, kind);
  });
}

async function exportFigure(figure: HTMLElement, kind: 'svg' | 'png'): Promise<void> {
  const svg = [...figure.querySelectorAll<SVGSVGElement>('.drawing:not([hidden]) svg')].find(
    (candidate) => candidate.getBoundingClientRect().width > 0,
  );
  if (svg === undefined) return;
  const text = standalone(svg);
  if (kind === 'svg') save(new Blob([text], { type: 'image/svg+xml' }), `${figure.id}.svg`);
  else save(await rasterize(text, svg.viewBox.baseVal), `${figure.id}.png`);
}

/** A copy with computed colours, without what is hidden, on its paper. */
function standalone(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const resolve = (value: string) => value.replace(/var\((--[a-z0-9]+)\)/g, (_, name: string) => resolveColour(name));
  for (const element of [copy, ...copy.querySelectorAll('*')])
    for (const name of ['fill', 'stroke', 'color']) {
      const value = element.getAttribute(name);
      if (value?.includes('var(')) element.setAttribute(name, resolve(value));
    }
  for (const hidden of copy.querySelectorAll('.off')) hidden.remove();
  for (const dim of copy.querySelectorAll('.dim')) dim.setAttribute('opacity', '0.12');
  copy.setAttribute('font-family', 'system-ui, sans-serif');
  const paper = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const [name, value] of [
    ['width', '100%'],
    ['height', '100%'],
    ['fill', resolveColour('--paper')],
  ])
    paper.setAttribute(name!, value!);
  copy.prepend(paper);
  return new XMLSerializer().serializeToString(copy);
}

/** `light-dark()` is resolved only where a property uses it. */
function resolveColour(name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Three pixels a unit: 1920 across, sharp in print. */
async function rasterize(svg: string, { width, height }: { readonly width: number; readonly height: number }): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = Object.assign(document.createElement('canvas'), { width: width * 3, height: height * 3 });
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob!), 'image/png'));
}

function exportTable(button: HTMLElement, kind: string): void {
  const table = button.closest('details, section')!.querySelector('table')!;
  const heads = [...table.tHead!.rows[0]!.cells];
  const rows = [...table.tBodies[0]!.rows].map((row) => [...row.cells]);
  const hasEnd = (column: number, end: End) => rows.some((row) => row[column]?.dataset[end] !== undefined);
  if (kind === 'csv') {
    const lines = [
      heads.flatMap((head, i) => [head.dataset.name!, ...ENDS.filter((end) => hasEnd(i, end)).map((end) => `${head.dataset.name} ${end}`)]),
      ...rows.map((row) =>
        row.flatMap((cell, i) => [cellValue(cell), ...ENDS.filter((end) => hasEnd(i, end)).map((end) => cell.dataset[end] ?? '')]),
      ),
    ];
    save(
      new Blob([lines.map((line) => `${line.map(quoteCsv).join(',')}\r\n`).join('')], { type: 'text/csv' }),
      `${table.dataset.name}.csv`,
    );
    return;
  }
  // innerText, not textContent: it parts a number from the interval below it.
  const text = [heads, ...rows].map((row) => row.map((cell) => cell.innerText.replace(/\s+/g, ' ').trim()));
  const written = kind === 'latex' ? latex(text) : markdown(text);
  // Where nothing can be copied, it is saved.
  void copyText(button, written).then((copied) => copied || save(new Blob([written], { type: 'text/plain' }), `${table.dataset.name}.txt`));
}

/** Ends of an interval that stands in the cell of its number: columns of their own in a CSV. */
const ENDS = ['low', 'high'] as const;
type End = (typeof ENDS)[number];

function cellValue({ dataset, textContent }: HTMLElement): string {
  return dataset.value ?? textContent!.replace(/\u00a0/g, ' ');
}

function quoteCsv(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

function markdown([head = [], ...rows]: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** What LaTeX reads otherwise, or its usual fonts lack. */
const LATEX: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['%', '&', '#', '_', '$', '{', '}'].map((character) => [character, `\\${character}`])),
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '−': '$-$',
  '±': '$\\pm$',
  '×': '$\\times$',
  '√': '$\\surd$',
  '²': '$^2$',
  '≥': '$\\geq$',
  α: '$\\alpha$',
  '–': '--',
  '…': '\\dots{}',
  '’': "'",
};

function latex(rows: string[][]): string {
  const escaped = (cell: string) => [...cell.replace(/^[✓✗] /, '')].map((character) => LATEX[character] ?? character).join('');
  const line = (cells: string[]) => `${cells.map(escaped).join(' & ')} \\\\`;
  return [`\\begin{tabular}{l${'r'.repeat(rows[0]!.length - 1)}}`, ...rows.map(line), '\\end{tabular}'].join('\n');
}

function save(blob: Blob, name: string): void {
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
