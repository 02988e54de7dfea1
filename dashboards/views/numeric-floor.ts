// The numeric floor: the alpha that two ways to compute the same logits put between them, a row per comparison. Orders of magnitude
// matter, so the axis is logarithmic; the same bits have no place on it and are said in words.
import * as Plot from '@observablehq/plot';
import { COMPARISON_LABELS, type FloorRow, isChoice, type NumericFloor } from '../../artifacts/floor-record.ts';
import type { DashboardData } from '../data.ts';
import { count, scientific } from '../format.ts';
import { drawFigure, isNarrow, tag } from './figure.ts';
import { colour } from './palette.ts';
import type { Cell, Frame, View } from './view.ts';

export const numericFloor: View = {
  name: 'numeric-floor',
  title: 'Numeric floor',
  place: 'half',
  requires: 'numericFloor',
  caption(data) {
    const { alpha } = floorOf(data);
    const floor = alpha === null ? 'Nothing was measured.' : `The floor is the largest of them: α = ${scientific(alpha)}.`;
    const choices = floorOf(data).rows.some(({ comparison }) => isChoice(comparison))
      ? ' Rounded weights are another model: they stand beside it and are no part of it.'
      : '';
    return `α between the clean logits of two ways to compute them that should not matter: mean over prompts, and the largest. ${floor}${choices} An α of an experiment below ten times the floor is not told apart from it.`;
  },
  axes: () => ['log'],
  render: draw,
  table: (data) => ({
    columns: [
      { name: 'comparison', label: 'comparison' },
      ...['alpha', 'alphaMax', 'max', 'rms'].map((name) => ({
        name,
        label: { alpha: 'α, mean', alphaMax: 'α, largest', max: 'largest difference', rms: 'rms difference' }[name]!,
        show: (value: Cell) => scientific(value as number | null),
      })),
      { name: 'prompts', label: 'prompts' },
      { name: 'why', label: 'not measured because' },
    ],
    rows: floorOf(data).rows.map((row) => [
      COMPARISON_LABELS[row.comparison],
      row.alpha,
      row.alphaMax,
      row.max,
      row.rms,
      row.prompts,
      row.why,
    ]),
  }),
};

function floorOf(data: DashboardData): NumericFloor {
  return data.record.results.numericFloor!;
}

/** Where the axis begins and ends: whole powers of ten around what is drawn. */
function decades(values: readonly number[]): [number, number] {
  if (values.length === 0) return [1e-15, 1e-9];
  return [10 ** Math.floor(Math.log10(Math.min(...values)) - 0.5), 10 ** Math.ceil(Math.log10(Math.max(...values)) + 0.5)];
}

function draw(data: DashboardData, frame: Frame): string {
  const narrow = isNarrow(frame);
  const rows = floorOf(data).rows.map((row) => ({
    ...row,
    label: COMPARISON_LABELS[row.comparison],
    paint: colour(isChoice(row.comparison) ? 'orange' : 'blue'),
  }));
  const differ = rows.filter((row): row is typeof row & { alpha: number; alphaMax: number } => (row.alpha ?? 0) > 0);
  const domain = decades(differ.flatMap(({ alpha, alphaMax }) => [alpha, alphaMax]));
  const words = rows
    .filter((row) => !((row.alpha ?? 0) > 0))
    .map((row) => ({ ...row, x: domain[0], text: row.why === null ? 'the same bits' : 'not measured' }));
  return drawFigure(
    {
      label: `Numeric floor: ${rows.map(({ label, alpha, why }) => `${label} ${why === null ? scientific(alpha) : 'not measured'}`).join(', ')}`,
      height: rows.length * (narrow ? 30 : 38) + 80,
      legend: [
        { label: 'mean over prompts', colour: colour('blue'), symbol: 'circle' },
        { label: 'largest', colour: colour('blue'), symbol: 'hollow' },
        ...(rows.some(({ comparison }) => isChoice(comparison))
          ? [{ label: 'rounded weights', colour: colour('orange'), symbol: 'circle' as const }]
          : []),
      ],
      plot: {
        marginTop: 10,
        marginLeft: Math.max(...rows.map(({ label }) => label.length)) * (narrow ? 6 : 7) + 8,
        x: { type: 'log', domain, label: 'α', grid: true, ticks: powersBetween(domain, narrow ? 4 : 12), tickFormat: power },
        y: { type: 'band', label: null, domain: rows.map(({ label }) => label), tickSize: 0 },
        color: { type: 'identity' },
        marks: [
          Plot.ruleY(differ, {
            y: 'label',
            x1: 'alpha',
            x2: 'alphaMax',
            stroke: 'paint',
            strokeWidth: 2,
            ...tag(differ, () => ({})),
          }),
          Plot.dot(differ, {
            x: 'alphaMax',
            y: 'label',
            r: 5,
            fill: colour('paper'),
            stroke: 'paint',
            title: tip,
            ...tag(differ, () => ({})),
          }),
          Plot.dot(differ, {
            x: 'alpha',
            y: 'label',
            r: 5,
            fill: 'paint',
            stroke: colour('paper'),
            title: tip,
            ...tag(differ, () => ({})),
          }),
          Plot.text(words, {
            x: 'x',
            y: 'label',
            text: 'text',
            textAnchor: 'start',
            dx: 6,
            fill: colour('muted'),
            title: tip,
            ...tag(words, () => ({})),
          }),
        ],
      },
    },
    frame,
  );
}

function tip({ label, alpha, alphaMax, max, rms, prompts, why }: FloorRow & { readonly label: string }): string {
  if (why !== null) return `${label}\nnot measured: ${why}`;
  return `${label}, ${count(prompts, 'prompt')}\nα ${scientific(alpha)}, largest ${scientific(alphaMax)}\nlogits: largest difference ${scientific(max)}, rms ${scientific(rms)}`;
}

/** Powers of ten from end to end, at most so many. */
function powersBetween([low, high]: readonly [number, number], most: number): number[] {
  const [first, last] = [Math.round(Math.log10(low)), Math.round(Math.log10(high))];
  const step = Math.ceil((last - first + 1) / most);
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => 10 ** (first + i * step));
}

/** 1e-12 as 10⁻¹². */
function power(value: number): string {
  const digits = [...String(Math.round(Math.log10(value)))].map((digit) => (digit === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]));
  return `10${digits.join('')}`;
}
