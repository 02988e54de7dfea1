// The verdict's own figure: observed minus predicted temperature per noise level, with its interval, against the band of
// +-0.15 in which the theory counts as holding (EXPERIMENT.md, last section).
import * as Plot from '@observablehq/plot';
import type { TStarDraw, TStarRow } from '../../artifacts/study-record.ts';
import type { DashboardData } from '../data.ts';
import { decimals, interval, signed } from '../format.ts';
import { MATCH_WITHIN } from '../t-star-verdict.ts';
import { drawFigure, isNarrow, tag } from './figure.ts';
import { evenTicks, thin } from './marks.ts';
import { colour } from './palette.ts';
import type { Frame, View } from './view.ts';

const SYMBOLS = { holds: 'circle', undecided: 'square', fails: 'diamond2' } as const;
const COLOURS = { holds: colour('good'), undecided: colour('unsure'), fails: colour('bad') } as const;
/** Faint strips beyond this many dots say no more. */
const DOTS = 1500;

export const verdict: View = {
  name: 'verdict',
  title: 'Observed minus predicted temperature',
  place: 'whole',
  requires: 'tStar',
  caption: () =>
    `Continuous best T less T_base √(1 + α), mean with its 95 % interval over prompts. The theory holds where the interval lies within ±${MATCH_WITHIN} (shaded) and fails where it lies outside. Faint: single draws, but those whose best T lies at an end of the search (0.02, 50), which leave it undecided.`,
  axes: () => ['linear'],
  render: draw,
  table: (data) => ({
    columns: [
      { name: 'noise', label: 'noise' },
      { name: 'observedMinusPredicted', label: 'observed − predicted', show: (value) => signed(value as number, 3) },
      { name: 'observedMinusPredictedLow', label: 'low', show: (value) => decimals(value as number | null, 3) },
      { name: 'observedMinusPredictedHigh', label: 'high', show: (value) => decimals(value as number | null, 3) },
      { name: 'atEnd', label: 'draws at an end' },
      { name: 'verdict', label: 'verdict' },
      { name: 'match', label: 'study’s mark', show: (value) => (value ? 'match' : 'no match') },
    ],
    rows: data.record.results.tStar!.map((row) => [
      row.noise,
      row.observedMinusPredicted,
      row.observedMinusPredictedLow,
      row.observedMinusPredictedHigh,
      row.atEnd,
      row.verdict,
      row.match,
    ]),
  }),
};

function draw(data: DashboardData, frame: Frame): string {
  const rows = data.record.results.tStar!;
  const draws = thin(
    (data.tStarDraws ?? []).filter((row) => row.atEnd === null),
    DOTS,
  );
  const withInterval = rows.filter((row) => row.observedMinusPredictedLow !== null);
  const difference = (row: TStarDraw) => row.bestTKlContinuous - row.predicted;
  const attributes = (row: TStarRow) => ({ 'data-noise': row.noise });
  return drawFigure(
    {
      label: 'Observed minus predicted temperature per noise level, with intervals, against the band of plus or minus 0.15',
      height: rows.length * (isNarrow(frame) ? 30 : 38) + 80,
      legend: (['holds', 'undecided', 'fails'] as const).map((name) => ({
        label: name,
        colour: COLOURS[name],
        symbol: ({ holds: 'circle', undecided: 'square', fails: 'diamond' } as const)[name],
      })),
      plot: {
        marginTop: 10,
        marginLeft: isNarrow(frame) ? 56 : 100,
        x: {
          label: 'observed − predicted T',
          grid: true,
          ...axisOf(rows, draws.map(difference), frame),
        },
        y: {
          type: 'band',
          label: null,
          domain: rows.map(({ noise }) => noise),
          tickSize: 0,
          tickFormat: (value: number) => (isNarrow(frame) ? String(value) : `noise ${value}`),
        },
        marks: [
          Plot.rectX([0], { x1: -MATCH_WITHIN, x2: MATCH_WITHIN, fill: colour('band') }),
          Plot.ruleX([0], { stroke: colour('muted') }),
          Plot.dot(draws, {
            x: difference,
            y: 'noise',
            r: 2,
            fill: colour('gray'),
            fillOpacity: 0.45,
            dy: isNarrow(frame) ? 7 : 9,
            title: (row: TStarDraw) =>
              `noise ${row.noise}, prompt ${row.prompt}, draw ${row.draw}\nobserved − predicted ${signed(difference(row), 3)}`,
            ...tag(draws, (row) => ({ 'data-noise': row.noise, 'data-prompt': row.prompt, 'data-draw': row.draw })),
          }),
          Plot.ruleY(withInterval, {
            y: 'noise',
            x1: 'observedMinusPredictedLow',
            x2: 'observedMinusPredictedHigh',
            stroke: (row: TStarRow) => COLOURS[row.verdict],
            strokeWidth: 3,
            ...tag(withInterval, attributes),
          }),
          Plot.dot(rows, {
            x: 'observedMinusPredicted',
            y: 'noise',
            r: 6,
            symbol: (row: TStarRow) => SYMBOLS[row.verdict],
            fill: (row: TStarRow) => COLOURS[row.verdict],
            stroke: colour('paper'),
            title: (row: TStarRow) =>
              `noise ${row.noise}: ${row.verdict}\nobserved − predicted ${signed(row.observedMinusPredicted, 3)}\n${row.observedMinusPredictedLow === null ? 'one prompt gives no interval' : `95 % ${interval(row.observedMinusPredictedLow, row.observedMinusPredictedHigh, 3)}`}`,
            ...tag(rows, attributes),
          }),
        ],
        color: { type: 'identity' },
        symbol: { type: 'ordinal', domain: Object.values(SYMBOLS), range: Object.values(SYMBOLS) },
      },
    },
    frame,
  );
}

/** From end to end of what is drawn, with some room. */
function axisOf(rows: readonly TStarRow[], differences: readonly number[], frame: Frame) {
  const ends = rows.flatMap((row) => [row.observedMinusPredicted, row.observedMinusPredictedLow, row.observedMinusPredictedHigh]);
  const values = [-MATCH_WITHIN, MATCH_WITHIN, ...differences, ...ends.filter((end) => end !== null)];
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const domain = [least - (most - least) * 0.03, most + (most - least) * 0.03] as [number, number];
  const ticks = evenTicks(...domain, isNarrow(frame) ? 6 : 12);
  const digits = Math.max(1, ...ticks.map((tick) => (String(tick).split('.')[1] ?? '').length));
  return { domain, ticks, tickFormat: (value: number) => signed(value, digits) };
}
