// The cells of the steps that did not finish: filled where a unit is in the store, hollow where it is missing. What a run of the
// same pipeline would still have to compute, at a glance.
import * as Plot from '@observablehq/plot';
import type { DashboardData } from '../data.ts';
import type { RunUnit } from '../units.ts';
import { drawFigure, isNarrow, tag } from './figure.ts';
import { colour } from './palette.ts';
import type { Frame, View } from './view.ts';

/** Cells drawn per step; beyond, one stands for several units and is filled only when all of them are there. */
const CELLS = 240;

export const cells: View = {
  name: 'cells',
  title: 'Cells of unfinished steps',
  place: 'whole',
  requires: 'run',
  drawable: (data) => stepsOf(data).length > 0,
  caption: () =>
    'A square per unit of the steps that did not finish. Filled: it is in the store, and a run of the same pipeline starts from it. Hollow: missing.',
  axes: () => ['linear'],
  render: draw,
  table: (data) => ({
    columns: [
      { name: 'step', label: 'step' },
      { name: 'units', label: 'units' },
      { name: 'there', label: 'in the store' },
      { name: 'missing', label: 'missing' },
    ],
    rows: stepsOf(data).map(({ node, units }) => [node, units.length, countThere(units), units.length - countThere(units)]),
  }),
};

function stepsOf({ record, units = [] }: DashboardData) {
  const unfinished = record.nodes.filter(({ index }) => index === null).map(({ id }) => id);
  return units.filter(({ node, units: own }) => unfinished.includes(node) && own.length > 0);
}

interface Square {
  readonly x: number;
  readonly y: number;
  readonly whole: boolean;
  readonly tip: string;
  readonly attributes: Readonly<Record<string, string | number>>;
}

function draw(data: DashboardData, frame: Frame): string {
  const steps = stepsOf(data);
  const size = isNarrow(frame) ? 9 : 13;
  const marginLeft = Math.min(frame.width * 0.42, Math.max(60, ...steps.map(({ node }) => node.length * 7.6 + 14)));
  const columns = Math.floor((frame.width - marginLeft - 24) / size);
  const starts: number[] = [];
  let rows = 0;
  const squares = steps.flatMap(({ node, units }) => {
    starts.push(rows);
    const made = squaresOf(node, units).map((square, i) => ({ ...square, x: i % columns, y: rows + Math.floor(i / columns) }));
    rows += Math.ceil(made.length / columns) + 0.6;
    return made;
  });
  const counts = steps.map(({ node, units }, i) => ({ y: starts[i]!, text: node, count: `${countThere(units)} of ${units.length}` }));
  return drawFigure(
    {
      label: `Cells of the steps that did not finish: ${counts.map(({ text, count }) => `${text} ${count}`).join(', ')}`,
      height: rows * size + 30,
      legend: [
        { label: 'in the store', colour: colour('blue'), symbol: 'square' },
        { label: 'missing', colour: colour('muted'), symbol: 'open' },
      ],
      plot: {
        axis: null,
        marginTop: 12,
        marginBottom: 12,
        marginLeft,
        x: { domain: [-0.5, columns - 0.5] },
        y: { domain: [-0.5, rows - 0.5], reverse: true },
        marks: [
          Plot.text(counts, { x: -0.5, y: 'y', text: 'text', dx: -8, textAnchor: 'end' }),
          Plot.dot(squares, {
            x: 'x',
            y: 'y',
            symbol: 'square',
            r: size * 0.4,
            fill: (square: Square) => (square.whole ? colour('blue') : colour('paper')),
            stroke: (square: Square) => (square.whole ? colour('blue') : colour('muted')),
            strokeWidth: 1.25,
            title: 'tip',
            ...tag(squares, (square) => square.attributes),
          }),
        ],
        color: { type: 'identity' },
      },
    },
    frame,
  );
}

/** One per unit, or one for every so many neighbours. */
function squaresOf(node: string, units: readonly RunUnit[]): Omit<Square, 'x' | 'y'>[] {
  const each = Math.ceil(units.length / CELLS);
  return Array.from({ length: Math.ceil(units.length / each) }, (_, i) => {
    const own = units.slice(i * each, (i + 1) * each);
    const there = countThere(own);
    const coordinates = own.length === 1 ? own[0]!.coordinates : {};
    const place = Object.entries(coordinates).map(([axis, value]) => `${axis} ${value}`);
    const said = own.length === 1 ? (there === 1 ? 'in the store' : 'missing') : `${there} of ${own.length} units in the store`;
    return {
      whole: there === own.length,
      tip: `${[node, ...place].join(', ')}\n${said}`,
      attributes: { 'data-node': node, ...Object.fromEntries(Object.entries(coordinates).map(([axis, value]) => [`data-${axis}`, value])) },
    };
  });
}

function countThere(units: readonly RunUnit[]): number {
  return units.filter(({ outputs }) => outputs !== null).length;
}
