// A run's data to one self-contained HTML file: every view that the run has data for is drawn, wide and narrow, for each
// choice of axes. Relies on the page's script, bundled into browser/bundle.js by the build.
import { readFile } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';
import { besideData, type DrawnCell } from './cells-html.ts';
import { comparedViews } from './compared/all.ts';
import { MOST_RUNS } from './compared/runs.ts';
import type { CellData, DashboardData } from './data.ts';
import type { DrawnView } from './figure-html.ts';
import { type DrawnPage, type PageOptions, pageHtml } from './page.ts';
import { drawReliabilitySparkline, drawSparkline } from './sparkline.ts';
import { views } from './views/all.ts';
import type { View } from './views/view.ts';

/** Widths in SVG units; the page shows the one that fits its place. */
export const WIDE = { half: 640, whole: 960 } as const;
const NARROW = 340;

/** The page. jsdom takes half a second to load: only here. Other work of the process goes on between two drawings. */
export async function buildDashboard(data: DashboardData, options: PageOptions = {}): Promise<string> {
  const script = await readFile(new URL('./browser/bundle.js', import.meta.url), 'utf8');
  const document = await openDocument();
  return pageHtml(data, await drawPage(data, document, options), script, options);
}

/** With the run's own figures and some data a page stays below 8 MB. */
const CELL_LETTERS = 5_000_000;

async function drawPage(data: DashboardData, document: Document, { cellLetters = CELL_LETTERS }: PageOptions): Promise<DrawnPage> {
  const { cells = [] } = data;
  const draw = async (of: DashboardData, chosen: readonly View[]): Promise<DrawnView[]> => {
    const drawn: DrawnView[] = [];
    for (const view of widenLone(chosen)) drawn.push(await drawView(view, of, document));
    return drawn;
  };
  const able = (of: DashboardData, chosen = chosenViews(of)) => chosen.filter((view) => hasData(view, of));
  let letters = 0;
  const drawnCells: DrawnCell[] = [];
  for (const cell of cells) {
    const { tStar, reliability } = cell.record.results;
    const own = withoutShared(cell, data);
    const spark = drawSparkline(tStar, document) ?? drawReliabilitySparkline(reliability, document);
    const fits = letters <= cellLetters;
    const ownViews = able(own).filter(({ requires }) => requires !== 'run');
    const drawn = fits ? await draw(cell, ownViews) : undefined;
    letters += lettersOf(drawn ?? []);
    drawnCells.push({ data: cell, own: own.record.results, spark, views: drawn });
    await breathe();
  }
  const beside = cells.length < 2 || cells.length > MOST_RUNS ? undefined : besideData(cells);
  return {
    views: await draw(data, able(data)),
    cells: drawnCells,
    beside: beside === undefined ? [] : await draw(beside, able(beside, comparedViews)),
  };
}

/** Rows that belong to a section of the results. */
const SECTION_ROWS = { effectiveNoise: 'effectiveNoiseDraws', tStar: 'tStarDraws', calibration: 'graded' } as const;

/** A cell with its own sections alone. */
function withoutShared(cell: CellData, { record: { results: shared } }: DashboardData): DashboardData {
  const isShared = (section: string) => shared[section] !== undefined;
  const results = Object.entries(cell.record.results).filter(([section]) => !isShared(section));
  const rows = Object.entries(SECTION_ROWS).filter(([section]) => isShared(section));
  const left = new Set<string>(rows.map(([, field]) => field));
  const own = Object.fromEntries(Object.entries(cell).filter(([field]) => !left.has(field))) as unknown as CellData;
  return { ...own, record: { ...cell.record, results: Object.fromEntries(results) } };
}

function lettersOf(views: readonly DrawnView[]): number {
  return views.reduce((sum, { drawings }) => sum + drawings.reduce((own, { wide, narrow }) => own + wide.length + narrow.length, 0), 0);
}

/** The views that the pipeline names, in its order; all of them where it names none; those of the run itself and of a comparison always. */
export function chosenViews({ record, compared = [] }: DashboardData): readonly View[] {
  const named = record.views.flatMap((name) => views.filter((view) => view.name === name));
  const chosen = named.length === 0 ? views : [...named, ...views.filter((view) => view.requires === 'run' && !named.includes(view))];
  return [...chosen, ...(compared.length === 0 ? [] : comparedViews)];
}

/** A figure that would stand alone beside an empty half takes the whole width. */
function widenLone(chosen: readonly View[]): readonly View[] {
  const halves = chosen.filter((view) => view.place === 'half' && !comparedViews.includes(view));
  return chosen.map((view) => (halves.length === 1 && view === halves[0] ? { ...view, place: 'whole' } : view));
}

/** An empty document to draw in. */
export async function openDocument(): Promise<Document> {
  const { JSDOM } = await import('jsdom');
  return new JSDOM('').window.document;
}

/** Whether the run has the section that the view draws, with something in it. */
export function hasData(view: View, data: DashboardData): boolean {
  if (view.drawable !== undefined) return view.drawable(data);
  const { record } = data;
  const { calibration, effectiveNoise, tStar, calibrationScores, reliability, siteNoise, numericFloor, activations } = record.results;
  switch (view.requires) {
    case 'calibration':
      return calibration !== undefined && calibration.rows.length > 0;
    case 'effectiveNoise':
      return effectiveNoise !== undefined && effectiveNoise.length > 0;
    case 'tStar':
      return tStar !== undefined && tStar.length > 0;
    case 'calibrationScores':
      return calibrationScores !== undefined;
    case 'reliability':
      return reliability !== undefined && reliability.length > 0;
    case 'siteNoise':
      return siteNoise !== undefined && siteNoise.length > 0;
    case 'numericFloor':
      return numericFloor !== undefined && numericFloor.rows.length > 0;
    case 'activations':
      return activations !== undefined && activations.length > 0;
    case 'run':
      return record.nodes.length > 0;
  }
}

async function drawView(view: View, data: DashboardData, document: Document): Promise<DrawnView> {
  const drawings: DrawnView['drawings'][number][] = [];
  for (const axes of view.axes(data)) {
    const wide = view.render(data, { document, width: WIDE[view.place], theme: 'page', axes });
    await breathe();
    const narrow = view.render(data, { document, width: NARROW, theme: 'page', axes });
    await breathe();
    drawings.push({ axes, wide, narrow });
  }
  return { view, caption: view.caption(data), table: view.table(data), drawings };
}
