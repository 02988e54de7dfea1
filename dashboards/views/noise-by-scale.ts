// The three figures of step 3 are one: a mean with its interval against the scale of the noise, prompts as faint lines.
// What differs is handed in.
import * as Plot from '@observablehq/plot';
import type { EffectiveNoiseDraw, EffectiveNoiseRow } from '../../artifacts/study-record.ts';
import type { DashboardData } from '../data.ts';
import { drawFigure, isNarrow, type LegendItem, tag } from './figure.ts';
import { type Estimate, estimateMarks, estimateValues, hasPromptLines, logAxis, noiseAxis, promptLines } from './marks.ts';
import { colour } from './palette.ts';
import type { Frame } from './view.ts';

export interface NoiseFigure {
  readonly label: string;
  readonly yLabel: string;
  readonly legend: string;
  readonly value: (row: EffectiveNoiseRow) => { readonly value: number | null; readonly low: number | null; readonly high: number | null };
  readonly drawn: (row: EffectiveNoiseDraw) => number | null;
  readonly tip: (row: EffectiveNoiseRow) => string;
  /** Whether the vertical axis follows the chosen axes, or stays linear. */
  readonly logY?: boolean;
  readonly referenceY?: number;
  /** Rows that are said to stand out (a systematic bias). */
  readonly standsOut?: { readonly label: string; readonly is: (row: EffectiveNoiseRow) => boolean };
}

export const SCALE_LABEL = 'noise scale at every Linear (× std of its input)';

export function drawNoiseFigure(data: DashboardData, figure: NoiseFigure, frame: Frame): string {
  const rows = data.record.results.effectiveNoise!;
  const estimates = rows.flatMap((row): Estimate[] => {
    const { value, low, high } = figure.value(row);
    return value === null
      ? []
      : [{ x: row.scale, value, low, high, tip: `scale ${row.scale}\n${figure.tip(row)}`, attributes: { 'data-noise': row.scale } }];
  });
  const outstanding = estimates.filter(({ x }) => rows.some((row) => row.scale === x && figure.standsOut?.is(row)));
  const hasLines = hasPromptLines(data.effectiveNoiseDraws, (row) => row.scale);
  const faint: LegendItem[] = hasLines ? [{ label: 'one prompt', colour: colour('gray'), symbol: 'line', key: 'series:prompts' }] : [];
  const alert: LegendItem[] =
    outstanding.length === 0 ? [] : [{ label: figure.standsOut!.label, colour: colour('orange'), symbol: 'diamond' }];
  return drawFigure(
    {
      label: figure.label,
      legend: [{ label: figure.legend, colour: colour('blue'), symbol: 'circle', key: 'series:mean' }, ...faint, ...alert],
      plot: {
        // Wide enough for `−0.10` beside the label.
        marginLeft: isNarrow(frame) ? 62 : 80,
        x: noiseAxis(
          rows.map(({ scale }) => scale),
          frame,
          isNarrow(frame) ? 'noise scale at every Linear' : SCALE_LABEL,
        ),
        y: {
          label: figure.yLabel,
          grid: true,
          labelAnchor: 'center',
          labelOffset: isNarrow(frame) ? 55 : 71,
          ...(figure.logY && frame.axes === 'log'
            ? logAxis(estimateValues(estimates), isNarrow(frame) ? 6 : 8)
            : { zero: true, nice: true }),
        },
        marks: [
          ...(figure.referenceY === undefined
            ? []
            : [Plot.ruleY([figure.referenceY], { stroke: colour('muted'), strokeDasharray: '4,3' })]),
          ...promptLines(hasLines ? data.effectiveNoiseDraws : undefined, { x: (row) => row.scale, y: figure.drawn }),
          ...estimateMarks(estimates, { series: 'mean', stroke: colour('blue') }),
          Plot.dot(outstanding, {
            x: 'x',
            y: 'value',
            r: 7,
            symbol: 'diamond2',
            fill: colour('orange'),
            stroke: colour('paper'),
            title: 'tip',
            ...tag(outstanding, (row) => row.attributes),
          }),
        ],
      },
    },
    frame,
  );
}
