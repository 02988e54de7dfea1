// The strip plots are one figure: a row per prompt, a dot per draw at its value, noise levels apart within the row. Cells that
// were asked for and are not there (of a failed or cancelled run) have no value: they stand hollow in a gutter at the right.
import * as Plot from '@observablehq/plot';
import { count } from '../format.ts';
import type { RunUnit } from '../units.ts';
import { drawFigure, isNarrow, tag } from './figure.ts';
import { evenTicks, LOG, logTicks, thin } from './marks.ts';
import { colour, levelColour } from './palette.ts';
import type { Frame, Table } from './view.ts';

export interface Strip {
  readonly prompt: number;
  readonly draw: number;
  readonly noise: number;
  readonly value: number;
}

export interface Strips {
  readonly label: string;
  readonly xLabel: string;
  /** What the levels are called: noise (at the head), scale (at every Linear). */
  readonly level: string;
  readonly strips: readonly Strip[];
  /** Cells without a value. */
  readonly missing: readonly Omit<Strip, 'value'>[];
  /** A vertical line to read the values by, and a band around it. */
  readonly reference?: { readonly x: number; readonly within: number };
  readonly show: (value: number) => string;
}

/** Rows and dots beyond these only cover each other; beyond, every k-th prompt is drawn. */
const PROMPTS = 40;
const DOTS = 1000;
/** Share of a row's height that its levels spread over. */
const SPREAD = 0.7;
/** Fewer would leave no room for the name of the axis. */
const LEAST_ROWS = 3;
/** Share of the width that the gutter of missing cells takes. */
const GUTTER = 0.16;

export function drawStrips({ label, xLabel, level, strips, missing, reference, show }: Strips, frame: Frame): string {
  const shown = shownPrompts({ strips, missing });
  const levels = levelsOf({ strips, missing });
  const row = ({ prompt, noise }: { prompt: number; noise: number }) =>
    shown.indexOf(prompt) + (levels.length < 2 ? 0 : (levels.indexOf(noise) / (levels.length - 1) - 0.5) * SPREAD);
  const paint = ({ noise }: { noise: number }) => levelColour(levels.indexOf(noise), levels.length);
  const dots = thin(
    strips.filter(({ prompt }) => shown.includes(prompt)),
    DOTS,
  );
  const x = gutter({
    values: [
      ...dots.map(({ value }) => value),
      ...(reference === undefined ? [] : [reference.x - reference.within, reference.x + reference.within]),
    ],
    frame,
  });
  const hollow = thin(
    missing.filter(({ prompt }) => shown.includes(prompt)),
    DOTS,
  ).map((cell) => ({
    ...cell,
    x: x.place(
      missing.filter((other) => other.prompt === cell.prompt && other.noise === cell.noise),
      cell,
    ),
  }));
  const attributes = (cell: Omit<Strip, 'value'>) => ({ 'data-noise': cell.noise, 'data-prompt': cell.prompt, 'data-draw': cell.draw });
  const place = (cell: Omit<Strip, 'value'>) => `${level} ${cell.noise}, prompt ${cell.prompt}, draw ${cell.draw}`;
  return drawFigure(
    {
      label: `${label}, a row per prompt${hollow.length === 0 ? '' : `; missing: ${count(missing.length, 'cell')}`}`,
      height: Math.max(LEAST_ROWS, shown.length) * (isNarrow(frame) ? 22 : 26) + 80,
      legend: [
        ...levels.map((noise) => ({
          label: `${level} ${noise}`,
          colour: paint({ noise }),
          symbol: 'circle' as const,
          key: `noise:${noise}`,
        })),
        ...(hollow.length === 0 ? [] : [{ label: 'not computed', colour: colour('muted'), symbol: 'hollow' as const }]),
      ],
      plot: {
        marginTop: hollow.length === 0 ? 10 : 24,
        x: {
          ...(x.type === 'log' ? LOG : {}),
          label: xLabel,
          domain: [x.low, hollow.length === 0 ? x.high : x.end],
          ticks: x.ticks(isNarrow(frame) ? 4 : 8),
          grid: true,
        },
        y: {
          type: 'linear',
          label: 'prompt',
          labelAnchor: 'center',
          labelOffset: isNarrow(frame) ? 44 : 56,
          domain: [shown.length - 0.5, -0.5],
          ticks: shown.map((_, i) => i),
          tickFormat: (i: number) => String(shown[i]),
          tickSize: 0,
        },
        marks: [
          ...(reference === undefined
            ? []
            : [
                Plot.rectX([0], { x1: reference.x - reference.within, x2: reference.x + reference.within, fill: colour('band') }),
                Plot.ruleX([reference.x], { stroke: colour('muted') }),
              ]),
          Plot.ruleY(shown.slice(1), { y: (_: number, i: number) => i + 0.5, stroke: colour('line') }),
          ...(hollow.length === 0
            ? []
            : [
                Plot.ruleX([x.high], { stroke: colour('muted'), strokeDasharray: '4,3' }),
                Plot.text(['not computed'], { frameAnchor: 'top-right', dy: -12, fill: colour('muted') }),
              ]),
          Plot.dot(dots, {
            x: 'value',
            y: row,
            r: isNarrow(frame) ? 2.5 : 3,
            fill: paint,
            fillOpacity: 0.85,
            title: (strip: Strip) => `${place(strip)}\n${show(strip.value)}`,
            ...tag(dots, attributes),
          }),
          Plot.dot(hollow, {
            x: 'x',
            y: row,
            r: isNarrow(frame) ? 2.5 : 3,
            fill: colour('paper'),
            stroke: paint,
            strokeWidth: 1.25,
            title: (cell: (typeof hollow)[number]) => `${place(cell)}\nnot computed`,
            ...tag(hollow, attributes),
          }),
        ],
        color: { type: 'identity' },
      },
    },
    frame,
  );
}

/** Every cell as a row: what the strips show, in full; no value where it is missing. */
export function stripTable(
  { level, strips, missing }: Pick<Strips, 'level' | 'strips' | 'missing'>,
  show: (value: number) => string,
): Table {
  const cells = [...strips, ...missing.map((cell) => ({ ...cell, value: null }))];
  const sorted = cells.sort((a, b) => a.prompt - b.prompt || a.noise - b.noise || a.draw - b.draw);
  return {
    columns: [
      { name: 'prompt', label: 'prompt' },
      { name: level, label: level },
      { name: 'draw', label: 'draw' },
      { name: 'value', label: 'value', show: (value) => (value === null ? 'not computed' : show(value as number)) },
    ],
    rows: sorted.map(({ prompt, noise, draw, value }) => [prompt, noise, draw, value]),
  };
}

/** The coordinates of missing units as strips take them; `axis` is the step's own name of the level. */
export function missingStrips(units: readonly RunUnit[], axis: 'noise' | 'scale'): readonly Omit<Strip, 'value'>[] {
  return units
    .map(({ coordinates }) => ({ prompt: Number(coordinates.prompt), draw: Number(coordinates.draw), noise: Number(coordinates[axis]) }))
    .filter(({ prompt, draw, noise }) => [prompt, draw, noise].every(Number.isFinite));
}

type Cells = Pick<Strips, 'strips' | 'missing'>;

function shownPrompts({ strips, missing }: Cells): readonly number[] {
  return thin(promptsOf({ strips, missing }), PROMPTS);
}

function promptsOf({ strips, missing }: Cells): readonly number[] {
  return [...new Set([...strips, ...missing].map(({ prompt }) => prompt))].sort((a, b) => a - b);
}

/** Which cells are hollow, and which are not drawn, for the caption. */
export function sayCells(cells: Cells): string {
  const missing = cells.missing.length;
  return `${missing === 0 ? '' : ` Hollow, at the right: ${count(missing, 'draw')} that the run did not come to.`}${sayLeftOut(cells)}`;
}

/** What of many is not drawn, for the caption; empty where all is. */
export function sayLeftOut({ strips, missing }: Cells): string {
  const shown = new Set(shownPrompts({ strips, missing }));
  const prompts = promptsOf({ strips, missing }).length;
  const draws = strips.filter(({ prompt }) => shown.has(prompt)).length;
  const parts = [
    ...(shown.size < prompts ? [`${shown.size} of ${count(prompts, 'prompt')}`] : []),
    ...(draws > DOTS ? [`${thin(Array.from({ length: draws }), DOTS).length} of their ${count(draws, 'draw')}`] : []),
  ];
  return parts.length === 0 ? '' : ` Drawn: ${parts.join(', ')}; the table has all.`;
}

function levelsOf({ strips, missing }: Cells): readonly number[] {
  return [...new Set([...strips, ...missing].map(({ noise }) => noise))].sort((a, b) => a - b);
}

/** The axis with room at its right: where the values end, where the gutter ends, and a missing cell's place in it. */
function gutter({ values, frame: { axes } }: { readonly values: readonly number[]; readonly frame: Frame }) {
  const finite = values.length === 0 ? [axes === 'log' ? 1 : 0] : values;
  const [into, out] = axes === 'log' ? [Math.log, Math.exp] : [(value: number) => value, (value: number) => value];
  const [least, most] = finite.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [finite[0]!, finite[0]!]);
  const pad = (into(most) - into(least)) * 0.04 || 0.5;
  const [low, high] = [into(least) - pad, into(most) + pad];
  const width = (high - low) * (GUTTER / (1 - GUTTER));
  return {
    type: axes,
    low: out(low),
    high: out(high),
    end: out(high + width),
    ticks: (count: number) => (axes === 'log' ? logTicks(out(low), out(high), count) : evenTicks(low, high, count)),
    place: <Cell>(row: readonly Cell[], cell: Cell) => out(high + (width * (row.indexOf(cell) + 1)) / (row.length + 1)),
  };
}
