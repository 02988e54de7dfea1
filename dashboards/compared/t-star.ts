// T* and best T of several runs in one figure: a colour per run, T* dashed, best T with its interval.
import * as Plot from '@observablehq/plot';
import type { DashboardData } from '../data.ts';
import { withInterval } from '../format.ts';
import { drawFigure, isNarrow, tagGroup } from '../views/figure.ts';
import { axesFor, estimateMarks, noiseAxis } from '../views/marks.ts';
import { colour } from '../views/palette.ts';
import type { Frame, View } from '../views/view.ts';
import { temperatureDifferences } from './differences.ts';
import { comparedRuns, nameOf, runLegend } from './runs.ts';

const noises = (data: DashboardData): number[] =>
  [...new Set(comparedRuns(data).flatMap((run) => (run.data.record.results.tStar ?? []).map(({ noise }) => noise)))].sort((a, b) => a - b);

export const comparedTStar: View = {
  name: 'compared-t-star',
  title: 'T* and best T, side by side',
  place: 'half',
  requires: 'tStar',
  caption: () => 'Dashed: T* = T_base √(1 + α). Symbols: best T by KL (continuous) with its 95 % interval over prompts.',
  axes: (data) => axesFor(...noises(data)),
  render: draw,
  table: temperatureDifferences,
};

function draw(data: DashboardData, frame: Frame): string {
  const runs = comparedRuns(data);
  const spread = isNarrow(frame) ? 4 : 7;
  return drawFigure(
    {
      label: 'T star and best T against the noise at the LM head, a colour per run',
      height: isNarrow(frame) ? 300 : 420,
      legend: [
        ...runLegend(runs),
        { label: 'T*', colour: colour('muted'), symbol: 'dash' },
        { label: 'best T (KL, continuous)', colour: colour('muted'), symbol: 'line' },
      ],
      plot: {
        x: noiseAxis(noises(data), frame, isNarrow(frame) ? 'noise at the LM head' : 'noise at the LM head (× std of the hidden state)'),
        y: { label: 'temperature T', grid: true, nice: true, labelAnchor: 'center', labelOffset: isNarrow(frame) ? 48 : 63 },
        marks: runs.flatMap((run, i) => {
          const rows = run.data.record.results.tStar ?? [];
          const series = `run${run.place}`;
          return [
            Plot.line(rows, {
              x: 'noise',
              y: 'tStar',
              stroke: run.stroke,
              strokeWidth: 1.5,
              strokeDasharray: '5,3',
              ...tagGroup({ 'data-series': series }),
            }),
            ...estimateMarks(
              rows.map((row) => ({
                x: row.noise,
                value: row.bestTKlContinuous,
                low: row.bestTKlContinuousLow,
                high: row.bestTKlContinuousHigh,
                tip: `${run.letter}: ${nameOf(run.data)}\nnoise ${row.noise}\nT* ${withInterval(row.tStar, row.tStarLow, row.tStarHigh, 3)}\nbest T ${withInterval(row.bestTKlContinuous, row.bestTKlContinuousLow, row.bestTKlContinuousHigh, 3)}`,
                attributes: { 'data-noise': row.noise, 'data-run': run.place },
              })),
              { series, stroke: run.stroke, symbol: run.symbol, dx: (i - (runs.length - 1) / 2) * spread },
            ),
          ];
        }),
      },
    },
    frame,
  );
}
