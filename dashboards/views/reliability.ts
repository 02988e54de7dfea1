// The reliability diagram (Guo et al. 2017, figure 1, below): accuracy against mean confidence per bin, before and after the fitted
// temperature; a dot's area is the number of tokens. On the diagonal confidence means what it says.
import * as Plot from '@observablehq/plot';
import type { ReliabilityRow } from '../../artifacts/calibration-record.ts';
import type { DashboardData } from '../data.ts';
import { decimals, percent } from '../format.ts';
import { drawFigure, isNarrow, tag, tagGroup } from './figure.ts';
import { colour } from './palette.ts';
import type { Frame, Table, View } from './view.ts';

export const STATES = [
  { state: 'before', label: 'T = 1', colour: colour('orange'), symbol: 'diamond', mark: 'diamond2' },
  { state: 'after', label: 'T fitted', colour: colour('blue'), symbol: 'circle', mark: 'circle' },
] as const;

/** Radius of a bin with every token in it. */
const LARGEST = 26;

export const reliability: View = {
  name: 'reliability',
  title: 'Reliability diagram',
  place: 'half',
  requires: 'reliability',
  caption(data) {
    const ece = data.record.results.calibrationScores?.measures.find(({ measure }) => measure === 'ece');
    const errors =
      ece === undefined ? '' : ` ECE, the mean distance from it: ${percent(ece.before, 1)} at T = 1, ${percent(ece.after, 1)} at T fitted.`;
    return `How often the likeliest token came, against the probability that the model gave it, in 15 bins. A dot’s area is its number of tokens; below the line the model is overconfident.${errors}`;
  },
  axes: () => ['linear'],
  render: draw,
  table: reliabilityTable,
};

/** The bins, for both figures. */
export function reliabilityTable(data: DashboardData): Table {
  const show = (value: unknown) => decimals(value as number | null, 4);
  return {
    columns: [
      { name: 'state', label: 'temperature', show: (value) => STATES.find(({ state }) => state === value)!.label },
      { name: 'low', label: 'above', show: (value) => decimals(value as number, 3) },
      { name: 'high', label: 'up to', show: (value) => decimals(value as number, 3) },
      { name: 'count', label: 'tokens' },
      { name: 'confidence', label: 'mean confidence', show },
      { name: 'accuracy', label: 'accuracy', show },
    ],
    rows: data.record.results.reliability!.map((row) => [row.state, row.low, row.high, row.count, row.confidence, row.accuracy]),
  };
}

/** What a mark of a bin says. */
export function binTip({ low, high, count, confidence, accuracy }: ReliabilityRow, label: string): string {
  const bin = `${label}: confidence ${decimals(low, 3)} to ${decimals(high, 3)}\n${count} ${count === 1 ? 'token' : 'tokens'}`;
  return count === 0 ? bin : `${bin}\nmean confidence ${percent(confidence, 1)}\naccuracy ${percent(accuracy, 1)}`;
}

function draw(data: DashboardData, frame: Frame): string {
  const rows = data.record.results.reliability!.filter(({ count }) => count > 0);
  const total = rows.filter(({ state }) => state === 'before').reduce((sum, { count }) => sum + count, 0);
  const narrow = isNarrow(frame);
  return drawFigure(
    {
      label:
        'Reliability diagram: accuracy against confidence per bin, before and after the fitted temperature, with the line of perfect calibration',
      height: narrow ? 290 : 430,
      legend: [
        ...STATES.map(({ label, state, symbol, colour: paint }) => ({ label, colour: paint, symbol, key: `series:${state}` })),
        { label: 'calibrated', colour: colour('muted'), symbol: 'dash' as const },
      ],
      plot: {
        x: { label: 'confidence (%)', percent: true, domain: [0, 100], grid: true, ticks: narrow ? 5 : 10 },
        y: {
          label: 'accuracy (%)',
          percent: true,
          domain: [0, 100],
          grid: true,
          labelAnchor: 'center',
          labelOffset: narrow ? 48 : 63,
        },
        r: { type: 'sqrt', domain: [0, total], range: [0, narrow ? LARGEST / 1.5 : LARGEST] },
        marks: [
          Plot.line([0, 1], {
            x: (value: number) => value,
            y: (value: number) => value,
            stroke: colour('muted'),
            strokeDasharray: '4,3',
          }),
          ...STATES.flatMap(({ state, label, mark, colour: paint }) => {
            const own = rows.filter((row) => row.state === state);
            const group = { 'data-series': state };
            return [
              Plot.line(own, { x: 'confidence', y: 'accuracy', stroke: paint, strokeWidth: 1.25, strokeOpacity: 0.6, ...tagGroup(group) }),
              Plot.dot(own, {
                x: 'confidence',
                y: 'accuracy',
                r: 'count',
                symbol: mark,
                fill: paint,
                fillOpacity: 0.55,
                stroke: paint,
                title: (row: ReliabilityRow) => binTip(row, label),
                ...tag(own, ({ bin }) => ({ 'data-bin': bin }), group),
              }),
            ];
          }),
        ],
      },
    },
    frame,
  );
}
