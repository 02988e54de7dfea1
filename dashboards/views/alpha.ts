// alpha against head noise: the share of variance that the disturbance adds to the logits.
import * as Plot from '@observablehq/plot';
import { isNearFloor } from '../../artifacts/floor-record.ts';
import type { DashboardData } from '../data.ts';
import { decimals, withInterval } from '../format.ts';
import { NEAR_FLOOR, sayFloor } from '../panels.ts';
import { drawFigure, isNarrow } from './figure.ts';
import { axesFor, estimateMarks, estimateValues, hasPromptLines, logAxis, noiseAxis, promptLines, sayFaint } from './marks.ts';
import { colour } from './palette.ts';
import type { Frame, View } from './view.ts';

export const alpha: View = {
  name: 'alpha',
  title: 'α against noise',
  place: 'half',
  requires: 'tStar',
  caption: ({ record: { results }, tStarDraws }) =>
    `α = var(noisy − clean) / var(clean) over the vocabulary. The dotted line grows with the square of the noise from the first level, as a linear head makes it. Bars: 95 % intervals over prompts; faint: ${sayFaint(tStarDraws)}.${sayFloor(results.numericFloor)}`,
  axes: ({ record, tStarDraws = [] }) =>
    axesFor(
      ...record.results.tStar!.flatMap((row) => [row.noise, row.alpha, row.alphaLow ?? row.alpha]),
      tStarDraws.reduce((least, row) => Math.min(least, row.alpha), Number.POSITIVE_INFINITY),
    ),
  render: draw,
  table: (data) => ({
    columns: [
      { name: 'noise', label: 'noise' },
      { name: 'alpha', label: 'α', show: (value) => decimals(value as number, 4) },
      { name: 'alphaLow', label: 'low', show: (value) => decimals(value as number, 4) },
      { name: 'alphaHigh', label: 'high', show: (value) => decimals(value as number, 4) },
      { name: 'n', label: 'draws' },
    ],
    rows: data.record.results.tStar!.map((row) => [row.noise, row.alpha, row.alphaLow, row.alphaHigh, row.n]),
  }),
};

function draw(data: DashboardData, frame: Frame): string {
  const { tStar: rows = [], numericFloor } = data.record.results;
  const log = frame.axes === 'log';
  const estimates = rows.map((row) => ({
    x: row.noise,
    value: row.alpha,
    low: row.alphaLow,
    high: row.alphaHigh,
    tip: `noise ${row.noise}\nα ${withInterval(row.alpha, row.alphaLow, row.alphaHigh, 4)}${isNearFloor(row.alpha, numericFloor) ? `\n${NEAR_FLOOR}` : ''}`,
    attributes: { 'data-noise': row.noise },
  }));
  const hasLines = hasPromptLines(data.tStarDraws, (row) => row.noise);
  return drawFigure(
    {
      label: 'Alpha against the noise at the LM head',
      legend: [
        { label: 'mean over prompts', colour: colour('blue'), symbol: 'circle', key: 'series:mean' },
        ...(hasLines ? [{ label: 'one prompt', colour: colour('gray'), symbol: 'line' as const, key: 'series:prompts' }] : []),
        ...(rows.length < 2 ? [] : [{ label: '∝ noise²', colour: colour('muted'), symbol: 'dash' as const }]),
      ],
      plot: {
        x: noiseAxis(
          rows.map(({ noise }) => noise),
          frame,
          isNarrow(frame) ? 'noise at the LM head' : 'noise at the LM head (× std of the hidden state)',
        ),
        y: {
          label: 'α',
          grid: true,
          labelAnchor: 'center',
          labelOffset: isNarrow(frame) ? 48 : 63,
          ...(log ? logAxis(estimateValues(estimates), 6) : { zero: true, nice: true }),
        },
        marks: [
          Plot.line(squareLaw(rows), { x: 'x', y: 'y', stroke: colour('muted'), strokeDasharray: '2,3' }),
          ...promptLines(hasLines ? data.tStarDraws : undefined, { x: (row) => row.noise, y: (row) => row.alpha }),
          ...estimateMarks(estimates, { series: 'mean', stroke: colour('blue') }),
        ],
      },
    },
    frame,
  );
}

/** alpha of the lowest level, carried to the others by the square of the noise; 40 places, so that it bends on linear axes. */
function squareLaw(rows: readonly { readonly noise: number; readonly alpha: number }[]): { x: number; y: number }[] {
  const first = rows.find(({ noise }) => noise > 0);
  const last = rows.at(-1);
  if (first === undefined || last === undefined) return [];
  return Array.from({ length: 41 }, (_, i) => {
    const x = first.noise * (last.noise / first.noise) ** (i / 40);
    return { x, y: first.alpha * (x / first.noise) ** 2 };
  });
}
