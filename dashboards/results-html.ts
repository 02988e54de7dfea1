// The results of a run, or of one cell of its matrix, as cards: figures and panels, in three groups that the page puts under its
// headings.
import type { Results } from '../artifacts/run-record.ts';
import { comparedViews } from './compared/all.ts';
import type { DashboardData } from './data.ts';
import { type DrawnView, figureHtml } from './figure-html.ts';
import { generationsPanel } from './generations.ts';
import type { Html } from './html.ts';
import { ownPanels } from './own-panels.ts';
import { calibrationPanel, noisePanel, setupPanel, summaryPanel } from './panels.ts';

export interface ResultsHtml {
  readonly wide: readonly Html[];
  readonly figures: readonly Html[];
  readonly tables: readonly Html[];
}

/** `prefix`: of ids, where a page has results of several cells; `only`: the sections that are the cell's own. */
export function resultsHtml(
  { record, graded }: DashboardData,
  drawn: readonly DrawnView[],
  { prefix = '', only = record.results }: { readonly prefix?: string; readonly only?: Results } = {},
): ResultsHtml {
  const own = drawn.filter(({ view }) => view.requires !== 'run' && !comparedViews.includes(view));
  const panel = (section: keyof Results, made: () => Html | null) => (only[section] === undefined ? [] : [made()]);
  const figures = (place: 'whole' | 'half') => own.filter(({ view }) => view.place === place).map((item) => figureHtml(item, prefix));
  const present = (panels: readonly (Html | null)[]) => panels.filter((made) => made !== null);
  return {
    wide: [
      ...figures('whole'),
      ...present([
        ...panel('tStar', () => summaryPanel(record, prefix)),
        ...panel('calibrationScores', () => calibrationPanel(record, prefix)),
      ]),
    ],
    figures: figures('half'),
    tables: present([
      ...panel('effectiveNoise', () => noisePanel(record, prefix)),
      ...panel('setup', () => setupPanel(record, prefix)),
      ...panel('calibration', () => generationsPanel(graded, prefix)),
      ...ownPanels(only, prefix),
    ]),
  };
}
