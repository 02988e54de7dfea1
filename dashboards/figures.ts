// A run's figures and tables as files, without a browser: every figure as SVG and PNG, as on the page in its light colours, and
// every table as CSV. The first choice of axes has the view's plain name, the others say theirs: alpha.svg, alpha.linear.svg.
import { chosenViews, hasData, openDocument, WIDE } from './build.ts';
import type { DashboardData } from './data.ts';
import { hasFont, rasterize } from './rasterize.ts';
import { runTables } from './run-tables.ts';
import { palette } from './views/palette.ts';
import { csv } from './views/view.ts';

export interface FigureFile {
  readonly name: string;
  readonly content: string | Uint8Array;
}

export interface Figures {
  readonly files: readonly FigureFile[];
  /** PNGs are left out where this machine has no font: their text would be missing. */
  readonly png: 'drawn' | 'no font';
}

/** Those of a matrix's cells lie in a folder per cell. */
export async function buildFigures(data: DashboardData): Promise<Figures> {
  const document = await openDocument();
  const png = (await hasFont()) ? 'drawn' : 'no font';
  const files = await filesOf(data, document, png);
  for (const cell of data.cells ?? []) {
    for (const { name, content } of await filesOf(cell, document, png)) files.push({ name: `${folderOf(cell.label)}/${name}`, content });
  }
  return { files, png };
}

async function filesOf(data: DashboardData, document: Document, png: Figures['png']): Promise<FigureFile[]> {
  const views = chosenViews(data).filter((view) => hasData(view, data));
  const pictures = views.flatMap((view) =>
    view.axes(data).map((axes, i) => ({
      name: i === 0 ? view.name : `${view.name}.${axes}`,
      svg: standalone(view.render(data, { document, width: WIDE[view.place], theme: 'light', axes })),
    })),
  );
  const tables = [...views.map((view) => ({ name: view.name, table: view.table(data) })), ...runTables(data)];
  const files: FigureFile[] = pictures.map(({ name, svg }) => ({ name: `${name}.svg`, content: svg }));
  if (png === 'drawn') for (const { name, svg } of pictures) files.push({ name: `${name}.png`, content: await rasterize(svg) });
  files.push(...tables.map(({ name, table }) => ({ name: `${name}.csv`, content: csv(table) })));
  return files;
}

/** Injective: whatever is no plain letter becomes its code between underscores. */
function folderOf(cell: string): string {
  return cell.replace(/[^A-Za-z0-9=,.-]|^\./gu, (character) => `_${character.codePointAt(0)!.toString(16)}_`);
}

/** Families in the order of preference, a generic one last: what a viewer's machine has. */
const FAMILIES = "'DejaVu Sans', 'Liberation Sans', Arial, Helvetica, sans-serif";

/** A page gives a figure its font and its paper; alone it brings both. (HTML knows `&nbsp;`, XML does not.) */
function standalone(svg: string): string {
  const end = svg.indexOf('>');
  const opening = svg.slice(0, end).replace(/ font-family="[^"]*"/, '');
  const paper = `<rect width="100%" height="100%" fill="${palette.paper[0]}"/>`;
  return `${opening} font-family="${FAMILIES}">\n${paper}${svg.slice(end + 1)}\n`.replaceAll('&nbsp;', '&#160;');
}
