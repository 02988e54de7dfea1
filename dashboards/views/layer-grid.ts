// The grid of a model that several views colour: layers from left to right, what a layer is made of from top to bottom, in the order in
// which it computes. What lies in front of the layers, behind them, or in all of them has a column of its own.

import { isNarrow } from './figure.ts';
import { levelColour } from './palette.ts';
import type { Frame } from './view.ts';

/** As a layer computes; names that are none of these come behind. */
const KINDS = [
  ...['q_proj', 'k_proj', 'v_proj', 'qkv_proj', 'o_proj', 'gate_proj', 'up_proj', 'gate_up_proj', 'down_proj'],
  ...['residual', 'final_norm', 'lm_head', 'logits'],
];
/** As many as the palette tells apart, and a legend has room for. */
const LEVELS = 7;
export const ENTRY_COLUMN = 'in';
export const HEAD_COLUMN = 'head';
export const ALL_LAYERS = 'all';

export interface GridPlace {
  readonly x: string;
  readonly y: string;
}

export interface Grid {
  readonly rowCount: number;
  readonly rowHeight: number;
  readonly marginLeft: number;
  /** Options of Plot's two band scales. */
  readonly x: object;
  readonly y: object;
}

export function layerGrid(cells: readonly GridPlace[], frame: Frame): Grid {
  const columns = [...new Set(cells.map(({ x }) => x))].sort((a, b) => placeOf(a) - placeOf(b) || 0);
  const rows = [...new Set(cells.map(({ y }) => y))].sort((a, b) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1));
  const steps = isNarrow(frame) ? 5 : 2;
  const isNamed = (column: string) => Number.isNaN(Number(column));
  // On a narrow grid `in` and `0` run into each other.
  const isCovered = (column: string) => column === '0' && isNarrow(frame) && columns.includes(ENTRY_COLUMN);
  return {
    rowCount: rows.length,
    rowHeight: isNarrow(frame) ? 20 : 26,
    marginLeft: Math.min(
      frame.width * 0.42,
      Math.max(isNarrow(frame) ? 50 : 70, ...rows.map((row) => row.length * (isNarrow(frame) ? 6.6 : 7.4) + 14)),
    ),
    x: {
      type: 'band',
      label: 'layer',
      domain: columns,
      padding: 0.04,
      tickSize: 0,
      ticks: columns.filter((column) => isNamed(column) || columns.length < 12 || (Number(column) % steps === 0 && !isCovered(column))),
    },
    y: { type: 'band', label: null, domain: rows, padding: 0.04, tickSize: 0 },
  };
}

export interface Level {
  readonly from: number;
  readonly to: number;
  readonly paint: string;
}

/** A value smaller than this share of the greatest is in the lowest level, wherever it is: else one that is next to 0 would leave all others in the highest. */
const LEAST_SHARE = 1e-4;

/** From the least value to the greatest, each level as many times the one below: places may differ by orders of magnitude. Of positive values. */
export function levelsOf(values: readonly number[]): Level[] {
  const greatest = values.reduce((most, value) => Math.max(most, value), 0);
  const least = values.reduce((most, value) => Math.min(most, value), greatest);
  const from = Math.max(least, greatest * LEAST_SHARE);
  const count = from === greatest ? 1 : LEVELS;
  const bound = (i: number) => (i === count ? greatest : from * (greatest / from) ** (i / count));
  return Array.from({ length: count }, (_, i) => ({ from: i === 0 ? least : bound(i), to: bound(i + 1), paint: levelColour(i, count) }));
}

/** The paint of the level that a value lies in. */
export function paintOf(value: number, levels: readonly Level[]): string {
  return (levels.find(({ to }) => value <= to) ?? levels.at(-1)!).paint;
}

/** `0.034–0.068` */
export function levelText({ from, to }: Level, show: (value: number) => string): string {
  return from === to ? show(to) : `${show(from)}–${show(to)}`;
}

function placeOf(column: string): number {
  if (column === ENTRY_COLUMN) return -1;
  return column === ALL_LAYERS || column === HEAD_COLUMN ? Number.POSITIVE_INFINITY : Number(column);
}

function rankOf(row: string): number {
  const rank = KINDS.indexOf(row);
  return rank === -1 ? KINDS.length : rank;
}
