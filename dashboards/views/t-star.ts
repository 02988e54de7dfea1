// T* beside the best temperatures, against head noise (EXPERIMENT.md, step 4): by least KL on the grid and continuously, and
// by greatest probability of the clean argmax.
import * as Plot from '@observablehq/plot';
import type { TStarRow } from '../../artifacts/study-record.ts';
import type { DashboardData } from '../data.ts';
import { decimals, withInterval } from '../format.ts';
import { drawFigure, isNarrow, type LegendSymbol } from './figure.ts';
import { axesFor, estimateMarks, noiseAxis } from './marks.ts';
import { colour } from './palette.ts';
import type { Frame, View } from './view.ts';

interface Series {
  readonly field: 'tStar' | 'bestTKlContinuous' | 'bestTKl' | 'bestTProb';
  readonly label: string;
  readonly stroke: string;
  readonly symbol: Plot.SymbolType;
  readonly legend: LegendSymbol;
  readonly dash?: string;
}

const SERIES: readonly Series[] = [
  { field: 'tStar', label: 'T*', stroke: colour('blue'), symbol: 'circle', legend: 'circle' },
  { field: 'bestTKlContinuous', label: 'best T (KL, continuous)', stroke: colour('orange'), symbol: 'diamond2', legend: 'diamond' },
  { field: 'bestTKl', label: 'best T (KL, grid)', stroke: colour('pink'), symbol: 'square', legend: 'square', dash: '5,3' },
  { field: 'bestTProb', label: 'best T (prob)', stroke: colour('green'), symbol: 'triangle', legend: 'triangle', dash: '2,3' },
];

export const tStar: View = {
  name: 't-star',
  title: 'T* and the best temperatures',
  place: 'half',
  requires: 'tStar',
  caption: () =>
    'T* = T_base √(1 + α) predicts; best T is found, by least KL on the study’s grid, by its continuous minimum, and by the greatest probability of the clean argmax. Bars: 95 % intervals over prompts.',
  axes: (data) => axesFor(...data.record.results.tStar!.map(({ noise }) => noise)),
  render: draw,
  table: (data) => ({
    columns: [
      { name: 'noise', label: 'noise' },
      ...SERIES.flatMap(({ field, label }) => [
        { name: field, label, show: (value: unknown) => decimals(value as number, 3) },
        { name: `${field}Low`, label: 'low', show: (value: unknown) => decimals(value as number, 3) },
        { name: `${field}High`, label: 'high', show: (value: unknown) => decimals(value as number, 3) },
      ]),
    ],
    rows: data.record.results.tStar!.map((row) => [
      row.noise,
      ...SERIES.flatMap(({ field }) => [row[field], row[`${field}Low`], row[`${field}High`]]),
    ]),
  }),
};

function draw(data: DashboardData, frame: Frame): string {
  const { tStar: rows = [], tBaseUsed } = data.record.results;
  const spread = isNarrow(frame) ? 3 : 5;
  return drawFigure(
    {
      label: 'T star and the best temperatures by KL and by probability against the noise at the LM head',
      height: isNarrow(frame) ? 300 : 420,
      legend: SERIES.map(({ field, label, stroke, legend }) => ({ label, colour: stroke, symbol: legend, key: `series:${field}` })),
      plot: {
        x: noiseAxis(
          rows.map(({ noise }) => noise),
          frame,
          'noise at the LM head (× std of the hidden state)',
        ),
        y: { label: 'temperature T', grid: true, nice: true, labelAnchor: 'center', labelOffset: isNarrow(frame) ? 48 : 63 },
        marks: [
          ...(tBaseUsed === undefined
            ? []
            : [
                Plot.ruleY([tBaseUsed], { stroke: colour('muted'), strokeDasharray: '4,3' }),
                Plot.text([`T_base ${tBaseUsed}`], {
                  y: [tBaseUsed],
                  frameAnchor: 'right',
                  textAnchor: 'end',
                  dx: -2,
                  dy: 9,
                  fill: colour('muted'),
                  stroke: colour('paper'),
                  strokeWidth: 4,
                }),
              ]),
          ...SERIES.flatMap((series, i) =>
            estimateMarks(
              rows.map((row) => estimate(row, series)),
              {
                series: series.field,
                stroke: series.stroke,
                symbol: series.symbol,
                dx: (i - 1.5) * spread,
                ...(series.dash === undefined ? {} : { dash: series.dash }),
              },
            ),
          ),
        ],
      },
    },
    frame,
  );
}

function estimate(row: TStarRow, { field, label }: Series) {
  const [low, high] = [row[`${field}Low`], row[`${field}High`]];
  return {
    x: row.noise,
    value: row[field],
    low,
    high,
    tip: `noise ${row.noise}\n${label} ${withInterval(row[field], low, high, 3)}`,
    attributes: { 'data-noise': row.noise },
  };
}
