// How confident the model is (Guo et al. 2017, figure 1, above): tokens per bin of confidence, before and after the fitted temperature,
// with the mean confidence of each and the accuracy, which they should meet.
import * as Plot from '@observablehq/plot';
import type { ReliabilityRow } from '../../artifacts/calibration-record.ts';
import type { DashboardData } from '../data.ts';
import { percent } from '../format.ts';
import { drawFigure, isNarrow, tag } from './figure.ts';
import { namedRulesX, namesHeight } from './marks.ts';
import { colour } from './palette.ts';
import { binTip, reliabilityTable, STATES } from './reliability.ts';
import type { Frame, View } from './view.ts';

export const confidence: View = {
  name: 'confidence',
  title: 'How confident, and how often right',
  place: 'half',
  requires: 'reliability',
  caption(data) {
    const { before, after, accuracy } = meansOf(data);
    return `Answer tokens by the probability of the likeliest token. Mean confidence: ${percent(before, 1)} at T = 1, ${percent(after, 1)} at T fitted; accuracy: ${percent(accuracy, 1)}.`;
  },
  axes: () => ['linear'],
  render: draw,
  table: reliabilityTable,
};

function meansOf(data: DashboardData): { readonly before: number; readonly after: number; readonly accuracy: number } {
  const mean = (state: ReliabilityRow['state'], field: 'confidence' | 'accuracy') => {
    const rows = data.record.results.reliability!.filter((row) => row.state === state);
    return rows.reduce((sum, row) => sum + row.count * (row[field] ?? 0), 0) / rows.reduce((sum, row) => sum + row.count, 0);
  };
  return { before: mean('before', 'confidence'), after: mean('after', 'confidence'), accuracy: mean('before', 'accuracy') };
}

function draw(data: DashboardData, frame: Frame): string {
  const rows = data.record.results.reliability!;
  const means = meansOf(data);
  const narrow = isNarrow(frame);
  const rules = [
    { x: means.accuracy, name: 'accuracy', stroke: colour('ink') },
    { x: means.before, name: 'mean at T = 1', stroke: colour('orange') },
    { x: means.after, name: 'mean at T fitted', stroke: colour('blue') },
  ];
  /** Side by side within a bin. */
  const part = (row: ReliabilityRow, from: number) => row.low + (row.high - row.low) * from;
  return drawFigure(
    {
      label: `Tokens per bin of confidence; mean confidence ${percent(means.before, 1)} before and ${percent(means.after, 1)} after, accuracy ${percent(means.accuracy, 1)}`,
      height: narrow ? 290 : 430,
      legend: STATES.map(({ label, state, colour: paint }) => ({ label, colour: paint, symbol: 'band' as const, key: `series:${state}` })),
      plot: {
        marginTop: namesHeight(3),
        x: { label: 'confidence (%)', percent: true, domain: [0, 100], ticks: narrow ? 5 : 10 },
        y: { label: 'tokens', grid: true, nice: true, labelAnchor: 'center', labelOffset: narrow ? 48 : 63 },
        marks: [
          ...STATES.map(({ state, label, colour: paint }, i) => {
            const own = rows.filter((row) => row.state === state);
            return Plot.rectY(own, {
              x1: (row: ReliabilityRow) => part(row, 0.05 + 0.45 * i),
              x2: (row: ReliabilityRow) => part(row, 0.5 + 0.45 * i),
              y: 'count',
              fill: paint,
              fillOpacity: 0.8,
              title: (row: ReliabilityRow) => binTip(row, label),
              ...tag(own, ({ bin }) => ({ 'data-bin': bin }), { 'data-series': state }),
            });
          }),
          Plot.ruleY([0], { stroke: colour('line') }),
          ...namedRulesX(rules, rules.every(({ x }) => x < 0.5) ? 'right' : 'left'),
        ],
      },
    },
    frame,
  );
}
