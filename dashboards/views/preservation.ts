// Preservation against scale: effective std over scale * std(h), in percent. 100 % would be noise that the layers neither
// amplify nor damp.
import { percent } from '../format.ts';
import { axesFor } from './marks.ts';
import { drawNoiseFigure } from './noise-by-scale.ts';
import type { View } from './view.ts';

const inPercent = (ratio: number | null): number | null => (ratio === null ? null : ratio * 100);

export const preservation: View = {
  name: 'preservation',
  title: 'Preservation',
  place: 'half',
  requires: 'effectiveNoise',
  caption: () =>
    'Effective std divided by scale × std(h), in percent: how much the layers amplify the noise. The dashed line is 100 %, neither amplified nor damped.',
  axes: (data) => axesFor(...data.record.results.effectiveNoise!.map(({ scale }) => scale)),
  render: (data, frame) =>
    drawNoiseFigure(
      data,
      {
        label: 'Preservation in percent against the scale of the noise at every Linear',
        yLabel: 'preservation (%)',
        legend: 'mean over prompts',
        referenceY: 100,
        value: (row) => ({
          value: inPercent(row.preservation),
          low: inPercent(row.preservationLow),
          high: inPercent(row.preservationHigh),
        }),
        drawn: (row) => inPercent(row.preservation),
        tip: (row) =>
          `preservation ${percent(row.preservation, 1)}\n95 % ${percent(row.preservationLow, 1)} to ${percent(row.preservationHigh, 1)}`,
      },
      frame,
    ),
  table: (data) => ({
    columns: [
      { name: 'scale', label: 'scale' },
      { name: 'preservation', label: 'preservation', show: (value) => percent(value as number | null, 1) },
      { name: 'preservationLow', label: 'low', show: (value) => percent(value as number | null, 1) },
      { name: 'preservationHigh', label: 'high', show: (value) => percent(value as number | null, 1) },
    ],
    rows: data.record.results.effectiveNoise!.map((row) => [row.scale, row.preservation, row.preservationLow, row.preservationHigh]),
  }),
};
