// Effective std, prompt by prompt: how much the same noise at every Linear becomes for one prompt and for another. Of an unfinished
// run, the draws that are there and, hollow, those that are not.
import type { DashboardData } from '../data.ts';
import { decimals } from '../format.ts';
import { missingUnits } from '../units.ts';
import { axesFor } from './marks.ts';
import { drawStrips, missingStrips, type Strips, sayCells, stripTable } from './strips.ts';
import type { View } from './view.ts';

export const effectiveNoiseByPrompt: View = {
  name: 'effective-noise-by-prompt',
  title: 'Effective noise, by prompt',
  place: 'half',
  requires: 'effectiveNoise',
  drawable: ({ effectiveNoiseDraws = [] }) => effectiveNoiseDraws.length > 0,
  caption: (data) => `A dot per draw: std of h′ − h at the last position, scales apart within the row.${sayCells(cellsOf(data))}`,
  axes: ({ effectiveNoiseDraws = [] }) =>
    axesFor(effectiveNoiseDraws.reduce((least, row) => Math.min(least, row.effectiveStd), Number.POSITIVE_INFINITY)),
  render: (data, frame) =>
    drawStrips(
      {
        label: 'Effective standard deviation of every draw',
        xLabel: 'effective std',
        ...cellsOf(data),
        show: (value) => `effective std ${decimals(value, 4)}`,
      },
      frame,
    ),
  table: (data) => stripTable(cellsOf(data), (value) => decimals(value, 4)),
};

function cellsOf(data: DashboardData): Pick<Strips, 'level' | 'strips' | 'missing'> {
  return {
    level: 'scale',
    strips: (data.effectiveNoiseDraws ?? []).map(({ prompt, draw, scale, effectiveStd }) => ({
      prompt,
      draw,
      noise: scale,
      value: effectiveStd,
    })),
    missing: missingStrips(missingUnits(data, 'effectiveNoise'), 'scale'),
  };
}
