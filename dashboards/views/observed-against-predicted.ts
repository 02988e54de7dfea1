// Observed against predicted best temperature, a dot per draw, with the identity and the slope of the logarithms through
// (T_base, T_base) and its jackknife interval.
import * as Plot from '@observablehq/plot';
import type { TStarDraw } from '../../artifacts/study-record.ts';
import type { DashboardData } from '../data.ts';
import { decimals, withInterval } from '../format.ts';
import { drawFigure, isNarrow, tag } from './figure.ts';
import { axesFor, LOG, logTicks, thin } from './marks.ts';
import { colour, levelColour } from './palette.ts';
import type { Frame, View } from './view.ts';

/** More dots than these only cover each other; beyond, every k-th draw is drawn. */
const DOTS = 800;

export const observedAgainstPredicted: View = {
  name: 'observed-against-predicted',
  title: 'Observed against predicted temperature',
  place: 'half',
  requires: 'tStar',
  caption({ record, tStarDraws }) {
    const { slope } = record.results;
    const fitted =
      slope === undefined || slope.slope === null
        ? ''
        : ` Slope of log observed on log predicted, through T_base: ${withInterval(slope.slope, slope.slopeLow, slope.slopeHigh, 2)}; the theory says 1.`;
    const dots =
      tStarDraws === undefined
        ? 'The draws are not in the store: only means are shown.'
        : 'Each dot is a draw: its continuous best T against its own T_base √(1 + α).';
    return `${dots} Crosses: means per noise level with their 95 % intervals.${fitted}`;
  },
  axes: (data) => axesFor(...data.record.results.tStar!.map((row) => row.bestTKlContinuous)),
  render: draw,
  table: (data) => ({
    columns: [
      { name: 'noise', label: 'noise' },
      { name: 'predicted', label: 'T* predicted', show: (value) => decimals(value as number, 3) },
      { name: 'observed', label: 'best T observed', show: (value) => decimals(value as number, 3) },
      { name: 'difference', label: 'observed − predicted', show: (value) => decimals(value as number, 3) },
    ],
    rows: data.record.results.tStar!.map((row) => [row.noise, row.tStar, row.bestTKlContinuous, row.observedMinusPredicted]),
  }),
};

function draw(data: DashboardData, frame: Frame): string {
  const { tStar: means = [], slope, tBaseUsed = 1 } = data.record.results;
  const draws = thin(data.tStarDraws ?? [], DOTS);
  const paint = (noise: number) =>
    levelColour(
      means.findIndex((row) => row.noise === noise),
      means.length,
    );
  const x = [...means.flatMap((row) => [row.tStar, row.tStarHigh ?? row.tStar]), ...draws.map((row) => row.predicted), tBaseUsed];
  const y = [
    ...means.flatMap((row) => [
      row.bestTKlContinuous,
      row.bestTKlContinuousLow ?? row.bestTKlContinuous,
      row.bestTKlContinuousHigh ?? row.bestTKlContinuous,
    ]),
    ...draws.map((row) => row.bestTKlContinuous),
    tBaseUsed,
  ];
  const [low, high] = [Math.min(...x) * 0.98, Math.max(...x) * 1.03];
  const [bottom, top] = [Math.min(...y, low) * 0.98, Math.max(...y, high) * 1.03];
  const ticks = (from: number, to: number, narrowMost: number) =>
    frame.axes === 'log' ? { ticks: logTicks(from, to, isNarrow(frame) ? narrowMost : 8) } : {};
  const places = Array.from({ length: 161 }, (_, i) => low * (high / low) ** (i / 160));
  const fitted = (value: number | null | undefined, place: number) => tBaseUsed * (place / tBaseUsed) ** (value ?? 1);
  const within = (value: number) => Math.max(bottom, Math.min(top, value));
  const attributes = (row: TStarDraw) => ({ 'data-noise': row.noise, 'data-prompt': row.prompt, 'data-draw': row.draw });
  const scale = frame.axes === 'log' ? LOG : { type: 'linear' as const };
  const hasSlope = slope !== undefined && slope.slope !== null;
  const inFrame = places.filter((place) => fitted(slope?.slope, place) >= bottom && fitted(slope?.slope, place) <= top);
  return drawFigure(
    {
      label: 'Observed best temperature against the predicted one, with the identity line and the fitted slope',
      height: isNarrow(frame) ? 320 : 440,
      legend: [
        { label: 'identity', colour: colour('muted'), symbol: 'dash' },
        ...(hasSlope
          ? [
              { label: `slope ${decimals(slope.slope, 2)}`, colour: colour('blue'), symbol: 'line' as const },
              ...(slope.slopeLow === null ? [] : [{ label: 'its 95 %', colour: colour('band'), symbol: 'band' as const }]),
            ]
          : []),
        ...means.map(({ noise }) => ({ label: `noise ${noise}`, colour: paint(noise), symbol: 'circle' as const, key: `noise:${noise}` })),
      ],
      plot: {
        x: {
          ...scale,
          label: 'predicted T_base √(1 + α)',
          domain: [low, high],
          ...ticks(low, high, 4),
        },
        y: {
          ...scale,
          label: 'observed best T (KL, continuous)',
          grid: true,
          domain: [bottom, top],
          ...ticks(bottom, top, 6),
          labelAnchor: 'center',
          labelOffset: isNarrow(frame) ? 48 : 63,
        },
        marks: [
          ...(hasSlope && slope.slopeLow !== null
            ? [
                Plot.areaY(places, {
                  x: places,
                  y1: (place: number) => within(fitted(slope.slopeLow, place)),
                  y2: (place: number) => within(fitted(slope.slopeHigh, place)),
                  fill: colour('band'),
                }),
              ]
            : []),
          Plot.line(
            [
              [low, low],
              [high, high],
            ],
            { stroke: colour('muted'), strokeDasharray: '5,3' },
          ),
          Plot.dot(draws, {
            x: 'predicted',
            y: 'bestTKlContinuous',
            r: 3,
            fill: (row: TStarDraw) => paint(row.noise),
            fillOpacity: 0.7,
            title: tipOf,
            ...tag(draws, attributes),
          }),
          ...(hasSlope
            ? [
                Plot.line(inFrame, {
                  x: (place: number) => place,
                  y: (place: number) => fitted(slope.slope, place),
                  stroke: colour('blue'),
                  strokeWidth: 2,
                }),
              ]
            : []),
          Plot.ruleX(
            means.filter((row) => row.bestTKlContinuousLow !== null),
            { x: 'tStar', y1: 'bestTKlContinuousLow', y2: 'bestTKlContinuousHigh', stroke: colour('ink'), strokeWidth: 1.5 },
          ),
          Plot.ruleY(
            means.filter((row) => row.tStarLow !== null),
            { y: 'bestTKlContinuous', x1: 'tStarLow', x2: 'tStarHigh', stroke: colour('ink'), strokeWidth: 1.5 },
          ),
          Plot.dot(means, {
            x: 'tStar',
            y: 'bestTKlContinuous',
            r: 5,
            fill: (row: { noise: number }) => paint(row.noise),
            stroke: colour('paper'),
            strokeWidth: 1.5,
            title: (row: { noise: number; tStar: number; bestTKlContinuous: number }) =>
              `noise ${row.noise}, mean\npredicted ${decimals(row.tStar, 3)}\nobserved ${decimals(row.bestTKlContinuous, 3)}`,
            ...tag(means, (row) => ({ 'data-noise': row.noise })),
          }),
        ],
        color: { type: 'identity' },
      },
    },
    frame,
  );
}

function tipOf(row: TStarDraw): string {
  return `noise ${row.noise}, prompt ${row.prompt}, draw ${row.draw}\npredicted ${decimals(row.predicted, 3)}\nobserved ${decimals(row.bestTKlContinuous, 3)}${row.atEnd === null ? '' : `\nat the ${row.atEnd} end`}`;
}
