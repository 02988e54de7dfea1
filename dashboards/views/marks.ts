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

/** Of the means and their intervals. */
export function estimateValues(rows: readonly Estimate[]): number[] {
  return rows.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]);
}

/** Most lines that stay legible (and small) as a faint bundle; beyond, every k-th prompt is drawn. */
export const FAINT_LINES = 60;

/** What the faint lines are, for the caption: `each prompt`, or how many of them where there are more. */
export function sayFaint(draws: readonly { readonly prompt: number }[] | undefined): string {
  const prompts = promptsOf(draws);
  const drawn = faintPrompts(draws).length;
  return drawn === prompts.length ? 'each prompt' : `${drawn} of ${prompts.length} prompts`;
}

function faintPrompts(draws: readonly { readonly prompt: number }[] | undefined): readonly number[] {
  return thin(promptsOf(draws), FAINT_LINES);
}

function promptsOf(draws: readonly { readonly prompt: number }[] | undefined): readonly number[] {
  return [...new Set((draws ?? []).map(({ prompt }) => prompt))];
}

/** Whether faint lines say more than the mean: of several prompts, over several levels. */
export function hasPromptLines<Row extends { readonly prompt: number }>(
  draws: readonly Row[] | undefined,
  level: (row: Row) => number,
): draws is readonly Row[] {
  const several = (values: readonly number[]) => new Set(values).size > 1;
  return draws !== undefined && several(draws.map(({ prompt }) => prompt)) && several(draws.map(level));
}

/** One faint line per prompt through the means of its draws. */
export function promptLines<Row extends { readonly prompt: number }>(
  draws: readonly Row[] | undefined,
  place: { readonly x: (row: Row) => number; readonly y: (row: Row) => number | null },
): Plot.Markish[] {
  return faintPrompts(draws).map((prompt) => {
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

export interface NamedRule {
  readonly x: number;
  readonly name: string;
  readonly dash?: string;
  readonly stroke?: string;
}

/** Height of a name above the frame. */
const NAME_HEIGHT = 15;
/** Room above the frame for so many names. */
export const namesHeight = (count: number): number => 24 + NAME_HEIGHT * (count - 1);

/** Vertical references, their names above the frame at one side of each: in the order in which no rule crosses another's name. */
export function namedRulesX(rules: readonly NamedRule[], side: 'left' | 'right' = 'right'): Plot.Markish[] {
  const outwards = [...rules].sort((a, b) => (side === 'right' ? b.x - a.x : a.x - b.x));
  return outwards.flatMap((rule, row) => namedRuleX(rule, side, row));
}

function namedRuleX({ x, name, dash, stroke = colour('muted') }: NamedRule, side: 'left' | 'right', row: number): Plot.Markish[] {
  const above = row * NAME_HEIGHT;
  return [
    Plot.ruleX([x], { stroke, strokeWidth: 1.25, ...(dash === undefined ? {} : { strokeDasharray: dash }), insetTop: -(4 + above) }),
    Plot.text([name], {
      x: [x],
      frameAnchor: 'top',
      dy: -(8 + above),
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

/** Mantissas that people read easily, from many to few. */
const MANTISSAS: readonly (readonly number[])[] = [
  [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9],
  [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8],
  [1, 1.5, 2, 3, 5, 7],
  [1, 2, 5],
  [1, 3],
  [1],
];

/** Ticks of a log axis: the most of the round values between its ends that are no more than `most`; evenly where none lie there. */
export function logTicks(low: number, high: number, most: number): number[] {
  const [first, last] = [Math.floor(Math.log10(low)), Math.floor(Math.log10(high))];
  const powers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const round = (mantissas: readonly number[], every: number) =>
    powers
      .filter((power) => power % every === 0)
      .flatMap((power) => mantissas.map((mantissa) => Number(`${mantissa}e${power}`)))
      .filter((tick) => tick >= low && tick <= high);
  const choices = [...MANTISSAS.map((mantissas) => round(mantissas, 1)), round([1], Math.ceil(powers.length / most))];
  const chosen = choices.find((ticks) => ticks.length <= most)!;
  return chosen.length < 2 ? evenTicks(low, high, most) : chosen;
}

/** A log scale that labels each of its ticks: of base 10, d3 leaves out 5 and more over two decades, and 9 even within one. */
export const LOG = { type: 'log', base: 2, tickFormat: String } as const;

/** A log axis of positive values with its round ticks; one value alone stands in the middle of a decade. */
export function logAxis(values: readonly number[], most: number): Plot.ScaleOptions {
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const greatest = values.reduce((a, b) => Math.max(a, b), 0);
  if (least < greatest) return { ...LOG, ticks: logTicks(least, greatest, most) };
  const domain = [least / 3, greatest * 3] as const;
  return { ...LOG, domain: [...domain], ticks: logTicks(...domain, most) };
}

/** Multiples of 1, 2 or 5 times a power of ten: the finest step that leaves at most `most`. */
export function evenTicks(low: number, high: number, most: number): number[] {
  const power = 10 ** Math.floor(Math.log10((high - low) / most));
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => Math.floor(high / size) - Math.ceil(low / size) < most)!;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
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
