// KL divergence against temperature, a curve per level of head noise; on each the mean continuous optimum and T* are
// marked, placed on the mean curve between its grid points.
import * as Plot from '@observablehq/plot';
import type { TStarRow } from '../../artifacts/study-record.ts';
import type { DashboardData } from '../data.ts';
import { decimals } from '../format.ts';
import { drawFigure, isNarrow, tag, tagGroup } from './figure.ts';
import { axesFor, logAxis, namedRulesX } from './marks.ts';
import { colour, levelColour } from './palette.ts';
import type { Frame, View } from './view.ts';

export const klByTemperature: View = {
  name: 'kl-by-temperature',
  title: 'KL divergence against temperature',
  place: 'half',
  requires: 'tStar',
  caption: () =>
    'KL( softmax(clean / T_base) ‖ softmax(noisy / T) ) in nats, mean over draws. Diamond: mean continuous best T. Circle: T* = T_base √(1 + α). Where the theory holds the two lie on each other.',
  axes: (data) => axesFor(...data.record.results.tStar!.flatMap((row) => row.klByTemperature)),
  render: draw,
  table(data) {
    const { temperatures = [], tStar = [] } = data.record.results;
    return {
      columns: [
        { name: 'temperature', label: 'T' },
        ...tStar.map(({ noise }) => ({
          name: `kl_noise_${noise}`,
          label: `KL at noise ${noise}`,
          show: (value: unknown) => decimals(value as number, 4),
        })),
      ],
      rows: temperatures.map((temperature, i) => [temperature, ...tStar.map((row) => row.klByTemperature[i] ?? null)]),
    };
  },
};

interface Marked {
  readonly noise: number;
  readonly temperature: number;
  readonly kl: number;
  readonly tip: string;
}

function draw(data: DashboardData, frame: Frame): string {
  const { temperatures = [], tStar = [], tBaseUsed } = data.record.results;
  const paint = (noise: number) =>
    levelColour(
      tStar.findIndex((row) => row.noise === noise),
      tStar.length,
    );
  const attributes = (row: Marked) => ({ 'data-noise': row.noise });
  const all = tStar.flatMap((row) => row.klByTemperature);
  const marked = (name: string, at: (row: TStarRow) => number): Marked[] =>
    tStar.flatMap((row) => {
      const kl = onCurve(temperatures, row.klByTemperature, at(row));
      return kl === undefined
        ? []
        : [{ noise: row.noise, temperature: at(row), kl, tip: `noise ${row.noise}\n${name} ${decimals(at(row), 3)}` }];
    });
  const [optima, predicted] = [marked('mean continuous best T', (row) => row.bestTKlContinuous), marked('T*', (row) => row.tStar)];
  return drawFigure(
    {
      label: 'KL divergence against temperature, one curve per noise level, with the continuous optimum and T* on each',
      height: isNarrow(frame) ? 300 : 420,
      legend: [
        ...tStar.map(({ noise }) => ({ label: `noise ${noise}`, colour: paint(noise), symbol: 'line' as const, key: `noise:${noise}` })),
        { label: 'best T (continuous)', colour: colour('ink'), symbol: 'diamond' },
        { label: 'T*', colour: colour('ink'), symbol: 'hollow' },
      ],
      plot: {
        x: { label: 'temperature T', inset: 6 },
        y: {
          inset: 8,
          label: 'KL (nats)',
          grid: true,
          ...(frame.axes === 'log' ? logAxis(all, isNarrow(frame) ? 7 : 9) : { type: 'linear', zero: true }),
          labelAnchor: 'center',
          labelOffset: isNarrow(frame) ? 48 : 63,
        },
        marks: [
          ...(tBaseUsed === undefined ? [] : namedRulesX([{ x: tBaseUsed, name: `T_base ${tBaseUsed}`, dash: '4,3' }])),
          ...tStar.map(({ noise, klByTemperature: kl }) =>
            Plot.lineY(kl, { x: temperatures, y: kl, stroke: paint(noise), strokeWidth: 2, ...tagGroup({ 'data-noise': noise }) }),
          ),
          ...tStar.map(({ noise, klByTemperature: kl }) => {
            const rows = kl.map((value, i) => ({
              noise,
              temperature: temperatures[i]!,
              kl: value,
              tip: `noise ${noise}\nT = ${temperatures[i]}\nKL ${decimals(value, 4)} nats`,
            }));
            return Plot.dot(rows, { x: 'temperature', y: 'kl', r: 2.5, fill: paint(noise), title: 'tip', ...tag(rows, attributes) });
          }),
          Plot.dot(predicted, {
            x: 'temperature',
            y: 'kl',
            r: 7,
            stroke: (row: Marked) => paint(row.noise),
            strokeWidth: 2,
            title: 'tip',
            ...tag(predicted, attributes),
          }),
          Plot.dot(optima, {
            x: 'temperature',
            y: 'kl',
            r: 5,
            symbol: 'diamond2',
            fill: (row: Marked) => paint(row.noise),
            stroke: colour('paper'),
            title: 'tip',
            ...tag(optima, attributes),
          }),
        ],
        color: { type: 'identity' },
      },
    },
    frame,
  );
}

/** Height of the mean curve at a temperature between two of the grid; undefined outside. */
function onCurve(temperatures: readonly number[], kl: readonly number[], at: number): number | undefined {
  const right = temperatures.findIndex((temperature) => temperature >= at);
  if (right < 0 || kl[right] === undefined) return undefined;
  if (temperatures[right] === at) return kl[right];
  if (right === 0) return undefined;
  const [t0, t1, k0, k1] = [temperatures[right - 1]!, temperatures[right]!, kl[right - 1]!, kl[right]!];
  return k0 + ((k1 - k0) * (at - t0)) / (t1 - t0);
}
