// What the fitted temperature changes on answers that it was not fitted on: NLL, ECE and Brier score, each relative to its value at
// T = 1, with its interval. (Accuracy is left out: no temperature changes it.)
import * as Plot from '@observablehq/plot';
import type { CalibrationMeasure } from '../../artifacts/calibration-record.ts';
import type { DashboardData } from '../data.ts';
import { decimals, interval, signed } from '../format.ts';
import { MEASURE_LABELS } from '../panels.ts';
import { drawFigure, isNarrow, tag } from './figure.ts';
import { colour } from './palette.ts';
import type { Frame, View } from './view.ts';

const SHORT = { nll: 'NLL', ece: 'ECE', brier: 'Brier', accuracy: 'accuracy' } as const;

export const calibrationChange: View = {
  name: 'calibration-change',
  title: 'What the temperature changes',
  place: 'whole',
  requires: 'calibrationScores',
  caption: (data) =>
    `Change of each measure from T = 1 to T = ${decimals(data.record.results.calibrationScores!.temperature, 3)}, in percent of its value at T = 1, with its 95 % interval over prompts. Left of 0 is better.`,
  axes: () => ['linear'],
  render: draw,
  table: (data) => ({
    columns: [
      { name: 'measure', label: 'measure' },
      ...(['before', 'after', 'change', 'changeLow', 'changeHigh'] as const).map((name) => ({
        name,
        label: { before: 'T = 1', after: 'T fitted', change: 'change', changeLow: 'low', changeHigh: 'high' }[name],
        show: (value: unknown) => decimals(value as number | null, 5),
      })),
    ],
    rows: data.record.results.calibrationScores!.measures.map((row) => [
      row.measure,
      row.before,
      row.after,
      row.change,
      row.changeLow,
      row.changeHigh,
    ]),
  }),
};

interface Change {
  readonly label: string;
  readonly percent: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly paint: string;
  readonly tip: string;
}

function changeOf(row: CalibrationMeasure, narrow: boolean): Change {
  const relative = (value: number) => (100 * value) / row.before;
  const { changeLow: low, changeHigh: high } = row;
  const isOpen = low === null || high === null || (low <= 0 && high >= 0);
  return {
    label: narrow ? SHORT[row.measure] : MEASURE_LABELS[row.measure],
    percent: relative(row.change),
    low: low === null ? null : relative(low),
    high: high === null ? null : relative(high),
    paint: colour(isOpen ? 'unsure' : row.change < 0 ? 'good' : 'bad'),
    tip: `${MEASURE_LABELS[row.measure]}\n${decimals(row.before, 4)} to ${decimals(row.after, 4)}\nchange ${signed(row.change, 4)} ${interval(low, high, 4)}`,
  };
}

function draw(data: DashboardData, frame: Frame): string {
  const narrow = isNarrow(frame);
  const rows = data.record.results
    .calibrationScores!.measures.filter(({ measure, before }) => measure !== 'accuracy' && before > 0)
    .map((row) => changeOf(row, narrow));
  const withInterval = rows.filter(({ low }) => low !== null);
  return drawFigure(
    {
      label: `Change by the fitted temperature: ${rows.map(({ label, percent }) => `${label} ${signed(percent, 1)} percent`).join(', ')}`,
      height: rows.length * (narrow ? 30 : 38) + 80,
      legend: [
        { label: 'better', colour: colour('good'), symbol: 'circle' },
        { label: 'interval holds 0', colour: colour('unsure'), symbol: 'circle' },
        { label: 'worse', colour: colour('bad'), symbol: 'circle' },
      ],
      plot: {
        marginTop: 10,
        marginLeft: narrow ? 56 : 150,
        x: { label: 'change (% of its value at T = 1)', grid: true, nice: true, ticks: narrow ? 5 : 9 },
        y: { type: 'band', label: null, domain: rows.map(({ label }) => label), tickSize: 0 },
        marks: [
          Plot.ruleX([0], { stroke: colour('muted') }),
          Plot.ruleY(withInterval, {
            y: 'label',
            x1: 'low',
            x2: 'high',
            stroke: 'paint',
            strokeWidth: 3,
            ...tag(withInterval, () => ({})),
          }),
          Plot.dot(rows, {
            x: 'percent',
            y: 'label',
            r: 6,
            fill: 'paint',
            stroke: colour('paper'),
            title: 'tip',
            ...tag(rows, () => ({})),
          }),
        ],
        color: { type: 'identity' },
      },
    },
    frame,
  );
}
