// What several views draw alike: a mean with its interval, reference lines with their names, faint lines per prompt.
import * as Plot from '@observablehq/plot';
import { tag, tagGroup } from './figure.ts';
import { colour } from './palette.ts';
import type { Frame } from './view.ts';

export interface Estimate {
  readonly x: number;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly tip: string;
  readonly attributes: Readonly<Record<string, string | number>>;
}

export interface EstimateStyle {
  readonly series: string;
  readonly stroke: string;
  readonly symbol?: Plot.SymbolType;
  readonly dash?: string;
  /** Sideways shift, so that intervals of several series at one place can be told apart. */
  readonly dx?: number;
}

/** A line through means, their intervals as bars, a dot each. */
export function estimateMarks(
  rows: readonly Estimate[],
  { series, stroke, symbol = 'circle', dash, dx = 0 }: EstimateStyle,
): Plot.Markish[] {
  const group = { 'data-series': series };
  const withInterval = rows.filter(({ low }) => low !== null);
  return [
    Plot.line(rows, {
      x: 'x',
      y: 'value',
      stroke,
      strokeWidth: 1.5,
      strokeOpacity: 0.75,
      dx,
      ...(dash === undefined ? {} : { strokeDasharray: dash }),
      ...tagGroup(group),
    }),
    Plot.ruleX(withInterval, {
      x: 'x',
      y1: 'low',
      y2: 'high',
      stroke,
      strokeWidth: 2,
      dx,
      ...tag(withInterval, (row) => row.attributes, group),
    }),
    Plot.dot(rows, {
      x: 'x',
      y: 'value',
      fill: stroke,
      stroke: colour('paper'),
      strokeWidth: 1,
      r: 4.5,
      symbol,
      dx,
      title: 'tip',
      ...tag(rows, (row) => row.attributes, group),
    }),
  ];
}

/** Most lines that stay legible (and small) as a faint bundle; beyond, every k-th prompt is drawn. */
export const FAINT_LINES = 60;

/** One faint line per prompt through the means of its draws. */
export function promptLines<Row extends { readonly prompt: number }>(
  draws: readonly Row[] | undefined,
  place: { readonly x: (row: Row) => number; readonly y: (row: Row) => number | null },
): Plot.Markish[] {
  const prompts = thin([...new Set((draws ?? []).map(({ prompt }) => prompt))], FAINT_LINES);
  return prompts.map((prompt) => {
    const rows = meansByX(
      (draws ?? []).filter((row) => row.prompt === prompt),
      place,
    );
    return Plot.line(rows, {
      x: 'x',
      y: 'y',
      stroke: colour('gray'),
      strokeWidth: 1,
      strokeOpacity: 0.35,
      ...tagGroup({ 'data-prompt': prompt, 'data-series': 'prompts' }),
    });
  });
}

/** The golden ratio's fraction: its multiples fall evenly into [0, 1), and so do every second, third ... of them. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * At most `limit`, spread evenly. Not every k-th: rows are sorted by noise, prompt and draw, and a k that is a multiple of the number
 * of levels would leave one level alone.
 */
export function thin<T>(values: readonly T[], limit: number): readonly T[] {
  if (values.length <= limit) return values;
  return values.filter((_, i) => (i * GOLDEN) % 1 < limit / values.length).slice(0, limit);
}

function meansByX<Row>(
  rows: readonly Row[],
  { x, y }: { readonly x: (row: Row) => number; readonly y: (row: Row) => number | null },
): { x: number; y: number }[] {
  const groups = new Map<number, number[]>();
  for (const row of rows) {
    const value = y(row);
    if (value !== null) groups.set(x(row), [...(groups.get(x(row)) ?? []), value]);
  }
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([place, values]) => ({ x: place, y: values.reduce((sum, value) => sum + value, 0) / values.length }));
}

/** A vertical reference with its name above the frame, to its right or left; `row` keeps neighbours' names apart. */
export function namedRuleX(
  x: number,
  name: string,
  {
    row = 0,
    dash,
    stroke = colour('muted'),
    side = 'right',
  }: { row?: number; dash?: string; stroke?: string; side?: 'left' | 'right' } = {},
): Plot.Markish[] {
  return [
    Plot.ruleX([x], { stroke, strokeWidth: 1.25, ...(dash === undefined ? {} : { strokeDasharray: dash }), insetTop: -(4 + row * 15) }),
    Plot.text([name], {
      x: [x],
      frameAnchor: 'top',
      dy: -(8 + row * 15),
      dx: side === 'right' ? 4 : -4,
      textAnchor: side === 'right' ? 'start' : 'end',
      fill: stroke,
      stroke: colour('paper'),
      strokeWidth: 4,
    }),
  ];
}

/** A noise axis: its own values as ticks on a log axis, Plot's choice on a linear one. */
export function noiseAxis(values: readonly number[], { axes, width }: Pick<Frame, 'axes' | 'width'>, label: string): Plot.ScaleOptions {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (axes === 'linear') return { type: 'linear', label, domain: [0, high * 1.05], grid: false };
  const ends = [low / 1.12, high * 1.12] as const;
  const labelled = apart(values, ends, LABEL_WIDTH / width);
  return {
    type: 'log',
    label,
    ticks: [...values],
    tickFormat: (value: number) => (labelled.has(value) ? String(value) : ''),
    domain: [...ends],
  };
}

/** Units that a tick's label takes with some air: `0.075` in the larger type. */
const LABEL_WIDTH = 42;

/** Values whose labels do not run into the one before: at least that share of the axis on. */
function apart(values: readonly number[], [low, high]: readonly [number, number], share: number): ReadonlySet<number> {
  const kept: number[] = [];
  for (const value of [...values].sort((a, b) => a - b)) {
    const last = kept.at(-1);
    if (last === undefined || Math.log(value / last) / Math.log(high / low) >= share) kept.push(value);
  }
  return new Set(kept);
}

/** Log axes need positive numbers. */
export function axesFor(...values: readonly number[]): readonly ('log' | 'linear')[] {
  return values.length > 0 && values.every((value) => value > 0) ? ['log', 'linear'] : ['linear'];
}
