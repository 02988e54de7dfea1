// Effective mean against scale: an interval that excludes zero is a systematic bias, and is said.
import { decimals, listed, withInterval } from '../format.ts';
import { axesFor } from './marks.ts';
import { drawNoiseFigure } from './noise-by-scale.ts';
import type { View } from './view.ts';

export const effectiveMean: View = {
  name: 'effective-mean',
  title: 'Effective mean',
  place: 'half',
  requires: 'effectiveNoise',
  caption(data) {
    if (data.record.results.effectiveNoise!.every((row) => row.effectiveMeanLow === null))
      return 'Mean of h′ − h at the last position. One prompt gives no interval: whether there is a systematic bias is open.';
    const biased = data.record.results.effectiveNoise!.filter((row) => row.biased).map(({ scale }) => String(scale));
    const said =
      biased.length === 0
        ? 'No interval excludes zero: no systematic bias is seen.'
        : `At scale ${listed(biased)} the 95 % interval excludes zero: a systematic bias.`;
    return `Mean of h′ − h at the last position. ${said}`;
  },
  axes: (data) => axesFor(...data.record.results.effectiveNoise!.map(({ scale }) => scale)),
  render: (data, frame) =>
    drawNoiseFigure(
      data,
      {
        label: 'Effective mean against the scale of the noise at every Linear, with the line at zero',
        yLabel: 'effective mean',
        legend: 'mean over prompts',
        referenceY: 0,
        value: (row) => ({ value: row.effectiveMean, low: row.effectiveMeanLow, high: row.effectiveMeanHigh }),
        drawn: (row) => row.effectiveMean,
        tip: (row) =>
          `effective mean ${withInterval(row.effectiveMean, row.effectiveMeanLow, row.effectiveMeanHigh, 4)}${row.biased ? '\nsystematic bias' : ''}`,
        standsOut: { label: 'interval excludes zero', is: (row) => row.biased },
      },
      frame,
    ),
  table: (data) => ({
    columns: [
      { name: 'scale', label: 'scale' },
      ...[
        ['effectiveMean', 'effective mean'],
        ['effectiveMeanLow', 'low'],
        ['effectiveMeanHigh', 'high'],
        ['effectiveMeanSd', 'sd over draws'],
      ].map(([name, label]) => ({ name: name!, label: label!, show: (value: unknown) => decimals(value as number, 6) })),
      { name: 'biased', label: 'biased', show: (value) => (value ? 'yes' : 'no') },
    ],
    rows: data.record.results.effectiveNoise!.map((row) => [
      row.scale,
      row.effectiveMean,
      row.effectiveMeanLow,
      row.effectiveMeanHigh,
      row.effectiveMeanSd,
      row.biased,
    ]),
  }),
};
