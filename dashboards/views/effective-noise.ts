// Effective noise against scale: how much disturbance at every Linear arrives at the LM head (EXPERIMENT.md, step 3).
import { decimals, withInterval } from '../format.ts';
import { axesFor, sayFaint } from './marks.ts';
import { drawNoiseFigure } from './noise-by-scale.ts';
import type { View } from './view.ts';

export const effectiveNoise: View = {
  name: 'effective-noise',
  title: 'Effective noise at the LM head',
  place: 'half',
  requires: 'effectiveNoise',
  caption: ({ effectiveNoiseDraws }) =>
    `Standard deviation of h′ − h at the last position, h the clean and h′ the disturbed hidden state. Bars: 95 % intervals over prompts; faint: ${sayFaint(effectiveNoiseDraws)}, mean over its draws.`,
  axes: (data) =>
    axesFor(
      ...data.record.results.effectiveNoise!.flatMap(({ scale, effectiveStd, effectiveStdLow }) => [
        scale,
        effectiveStd,
        effectiveStdLow ?? effectiveStd,
      ]),
    ),
  render: (data, frame) =>
    drawNoiseFigure(
      data,
      {
        label: 'Effective standard deviation against the scale of the noise at every Linear',
        yLabel: 'effective std',
        legend: 'mean over prompts',
        logY: true,
        value: (row) => ({ value: row.effectiveStd, low: row.effectiveStdLow, high: row.effectiveStdHigh }),
        drawn: (row) => row.effectiveStd,
        tip: (row) =>
          `effective std ${withInterval(row.effectiveStd, row.effectiveStdLow, row.effectiveStdHigh, 4)}\nsd over draws ${decimals(row.effectiveStdSd, 4)}`,
      },
      frame,
    ),
  table: (data) => ({
    columns: [
      { name: 'scale', label: 'scale' },
      ...[
        ['effectiveStd', 'effective std'],
        ['effectiveStdLow', 'low'],
        ['effectiveStdHigh', 'high'],
        ['effectiveStdSd', 'sd over draws'],
      ].map(([name, label]) => ({ name: name!, label: label!, show: (value: unknown) => decimals(value as number, 4) })),
      { name: 'n', label: 'draws' },
    ],
    rows: data.record.results.effectiveNoise!.map((row) => [
      row.scale,
      row.effectiveStd,
      row.effectiveStdLow,
      row.effectiveStdHigh,
      row.effectiveStdSd,
      row.n,
    ]),
  }),
};
