// Observed minus predicted temperature, prompt by prompt: whether a few prompts carry the verdict. Of an unfinished run, the draws
// that are there and, hollow, those that are not.
import type { DashboardData } from '../data.ts';
import { signed } from '../format.ts';
import { MATCH_WITHIN } from '../t-star-verdict.ts';
import { missingUnits } from '../units.ts';
import { drawStrips, missingStrips, type Strips, sayCells, stripTable } from './strips.ts';
import type { View } from './view.ts';

export const differenceByPrompt: View = {
  name: 'difference-by-prompt',
  title: 'Observed minus predicted, by prompt',
  place: 'half',
  requires: 'tStar',
  drawable: ({ tStarDraws = [] }) => tStarDraws.length > 0,
  caption: (data) =>
    `A dot per draw: its continuous best T less its own T_base √(1 + α), noise levels apart within the row. Shaded: ±${MATCH_WITHIN}.${sayCells(cellsOf(data))}`,
  axes: () => ['linear'],
  render: (data, frame) =>
    drawStrips(
      {
        label: 'Observed minus predicted temperature of every draw',
        xLabel: 'observed − predicted T',
        ...cellsOf(data),
        reference: { x: 0, within: MATCH_WITHIN },
        show: (value) => `observed − predicted ${signed(value, 3)}`,
      },
      frame,
    ),
  table: (data) => stripTable(cellsOf(data), (value) => signed(value, 3)),
};

function cellsOf(data: DashboardData): Pick<Strips, 'level' | 'strips' | 'missing'> {
  return {
    level: 'noise',
    strips: (data.tStarDraws ?? []).map(({ prompt, draw, noise, bestTKlContinuous, predicted }) => ({
      prompt,
      draw,
      noise,
      value: bestTKlContinuous - predicted,
    })),
    missing: missingStrips(missingUnits(data, 'tStar'), 'noise'),
  };
}
