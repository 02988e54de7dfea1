// Effective noise of several runs in one figure, a colour per run.
import type { DashboardData } from '../data.ts';
import { withInterval } from '../format.ts';
import { drawFigure, isNarrow } from '../views/figure.ts';
import { axesFor, estimateMarks, estimateValues, logAxis, noiseAxis } from '../views/marks.ts';
import { SCALE_LABEL } from '../views/noise-by-scale.ts';
import type { Frame, View } from '../views/view.ts';
import { effectiveNoiseDifferences } from './differences.ts';
import { comparedRuns, nameOf, runLegend } from './runs.ts';

const rowsOf = (data: DashboardData) => data.record.results.effectiveNoise ?? [];

export const comparedEffectiveNoise: View = {
  name: 'compared-effective-noise',
  title: 'Effective noise, side by side',
  place: 'half',
  requires: 'effectiveNoise',
  caption: () => 'Standard deviation of h′ − h at the last position, with 95 % intervals over prompts.',
  axes: (data) =>
    axesFor(
      ...comparedRuns(data).flatMap((run) =>
        rowsOf(run.data).flatMap(({ scale, effectiveStd, effectiveStdLow }) => [scale, effectiveStd, effectiveStdLow ?? effectiveStd]),
      ),
    ),
  render: draw,
  table: effectiveNoiseDifferences,
};

function draw(data: DashboardData, frame: Frame): string {
  const runs = comparedRuns(data);
  const narrow = isNarrow(frame);
  const scales = [...new Set(runs.flatMap((run) => rowsOf(run.data).map(({ scale }) => scale)))].sort((a, b) => a - b);
  const estimates = runs.map((run) =>
    rowsOf(run.data).map((row) => ({
      x: row.scale,
      value: row.effectiveStd,
      low: row.effectiveStdLow,
      high: row.effectiveStdHigh,
      tip: `${run.letter}: ${nameOf(run.data)}\nscale ${row.scale}\neffective std ${withInterval(row.effectiveStd, row.effectiveStdLow, row.effectiveStdHigh, 4)}`,
      attributes: { 'data-noise': row.scale, 'data-run': run.place },
    })),
  );
  return drawFigure(
    {
      label: 'Effective standard deviation against the scale of the noise at every Linear, a colour per run',
      height: narrow ? 300 : 420,
      legend: runLegend(runs),
      plot: {
        x: noiseAxis(scales, frame, narrow ? 'noise scale at every Linear' : SCALE_LABEL),
        y: {
          label: 'effective std',
          grid: true,
          labelAnchor: 'center',
          labelOffset: narrow ? 48 : 63,
          ...(frame.axes === 'log' ? logAxis(estimates.flatMap(estimateValues), narrow ? 6 : 8) : { zero: true, nice: true }),
        },
        marks: runs.flatMap((run, i) =>
          estimateMarks(estimates[i]!, {
            series: `run${run.place}`,
            stroke: run.stroke,
            symbol: run.symbol,
            dx: (i - (runs.length - 1) / 2) * (narrow ? 4 : 7),
          }),
        ),
      },
    },
    frame,
  );
}
