// A run's data to one self-contained HTML file: every view that the run has data for is drawn, wide and narrow, for each
// choice of axes. Relies on the page's script, bundled into browser/bundle.js by the build.
import { readFile } from 'node:fs/promises';
import { comparedViews } from './compared/all.ts';
import type { DashboardData } from './data.ts';
import { type DrawnView, type PageOptions, pageHtml } from './page.ts';
import { views } from './views/all.ts';
import type { View } from './views/view.ts';

/** Widths in SVG units; the page shows the one that fits its place. */
export const WIDE = { half: 640, whole: 960 } as const;
const NARROW = 340;

/** The page. jsdom takes half a second to load: only here. */
export async function buildDashboard(data: DashboardData, options: PageOptions = {}): Promise<string> {
  const script = await readFile(new URL('./browser/bundle.js', import.meta.url), 'utf8');
  const document = await openDocument();
  const drawn = chosenViews(data)
    .filter((view) => hasData(view, data))
    .map((view) => drawView(view, data, document));
  return pageHtml(data, drawn, script, options);
}

/** The views that the pipeline names, in its order; all of them where it names none; those of the run itself and of a comparison always. */
export function chosenViews({ record, compared = [] }: DashboardData): readonly View[] {
  const named = record.views.flatMap((name) => views.filter((view) => view.name === name));
  const chosen = named.length === 0 ? views : [...named, ...views.filter((view) => view.requires === 'run' && !named.includes(view))];
  return [...chosen, ...(compared.length === 0 ? [] : comparedViews)];
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
  const { calibration, effectiveNoise, tStar, calibrationScores, reliability, siteNoise, numericFloor } = record.results;
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
    case 'run':
      return record.nodes.length > 0;
  }
}

function drawView(view: View, data: DashboardData, document: Document): DrawnView {
  return {
    view,
    caption: view.caption(data),
    table: view.table(data),
    drawings: view.axes(data).map((axes) => ({
      axes,
      wide: view.render(data, { document, width: WIDE[view.place], theme: 'page', axes }),
      narrow: view.render(data, { document, width: NARROW, theme: 'page', axes }),
    })),
  };
}
