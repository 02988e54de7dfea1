// Draws a figure: Plot's marks in the house's frame, a legend that is part of the picture (so an export has it), and data
// attributes by which the page's script finds marks. Plot's own style element is dropped; the page has the rules.
import * as Plot from '@observablehq/plot';
import { colour, resolveColours } from './palette.ts';
import type { Frame } from './view.ts';

export type LegendSymbol = 'circle' | 'square' | 'diamond' | 'triangle' | 'hollow' | 'open' | 'line' | 'dash' | 'band' | 'frame';

export interface LegendItem {
  readonly label: string;
  readonly colour: string;
  readonly symbol: LegendSymbol;
  /** `series:t-star` or `noise:0.1`: what a click on it hides or singles out. */
  readonly key?: string;
  /** The first of a group that has a row of its own. */
  readonly startsRow?: boolean;
}

export interface Figure {
  /** For screen readers: the whole figure in a sentence. */
  readonly label: string;
  readonly height?: number;
  readonly legend?: readonly LegendItem[];
  readonly plot: Plot.PlotOptions;
}

type Attributes = Readonly<Record<string, string | number>>;

/** Below this many units the narrow layout is drawn: smaller type, fewer ticks. */
const NARROW = 480;
export const isNarrow = ({ width }: Pick<Frame, 'width'>): boolean => width < NARROW;

export function drawFigure({ label, height, legend = [], plot }: Figure, frame: Frame): string {
  const narrow = isNarrow(frame);
  const fontSize = narrow ? 11.5 : 13;
  const rows = layOutLegend(legend, frame.width, fontSize);
  const legendHeight = rows.length * (fontSize + 8);
  const { marginTop = 24, ...options } = plot;
  const svg = Plot.plot({
    marginLeft: narrow ? 55 : 72,
    marginRight: narrow ? 14 : 24,
    marginBottom: 46,
    ...options,
    document: frame.document,
    className: 'plot',
    width: frame.width,
    marginTop: marginTop + legendHeight,
    height: (height ?? (narrow ? 250 : 350)) + legendHeight,
  } as Plot.PlotOptions) as unknown as SVGSVGElement;
  svg.querySelector('style')?.remove();
  dropMarkNames(svg);
  setAttributes(svg, {
    'font-size': fontSize,
    color: colour('ink'),
    role: 'img',
    'aria-label': label,
    xmlns: 'http://www.w3.org/2000/svg',
  });
  roundNumbers(svg);
  svg.append(drawLegend(frame.document, rows, fontSize));
  for (const text of svg.querySelectorAll('text, tspan')) subscriptBase(frame.document, text);
  return resolveColours(svg.outerHTML, frame.theme);
}

/** Marks one element per row (dots, rules, bars): each element carries its row's attributes, the group those of its series. */
export function tag<Row>(
  rows: readonly Row[],
  attributes: (row: Row) => Attributes,
  group: Attributes = {},
): { readonly render: Plot.RenderFunction } {
  return {
    render(index, scales, values, dimensions, context, next) {
      const g = next!(index, scales, values, dimensions, context);
      if (g === null) return g;
      setAttributes(g, group);
      for (const [k, i] of index.entries()) if (g.children[k] !== undefined) setAttributes(g.children[k], attributes(rows[i]!));
      return g;
    },
  };
}

/** For lines and areas, whose rows share one path. */
export function tagGroup(group: Attributes): { readonly render: Plot.RenderFunction } {
  return tag([], () => ({}), group);
}

function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
}

/** Plot names its marks "dot" and "rule": that says nothing, and ARIA allows no name on a plain group. */
export function dropMarkNames(svg: Element): void {
  for (const named of svg.querySelectorAll('g[aria-label]')) named.removeAttribute('aria-label');
  for (const described of svg.querySelectorAll('g[aria-description]')) described.removeAttribute('aria-description');
}

/** A hundredth of a unit is below any screen's pixel; 17 digits a number would double the page. */
export function roundNumbers(svg: Element): void {
  for (const element of svg.querySelectorAll('*'))
    for (const name of ['d', 'transform', 'x', 'y', 'x1', 'x2', 'y1', 'y2', 'cx', 'cy', 'width', 'height']) {
      const value = element.getAttribute(name);
      if (value?.includes('.'))
        element.setAttribute(
          name,
          value.replace(/-?\d+\.\d{3,}(e-?\d+)?/g, (text) => String(Math.round(Number(text) * 100) / 100)),
        );
    }
}

interface PlacedItem extends LegendItem {
  readonly x: number;
}

/** Rows of items that fit the width; DejaVu, the widest face that systems fall back to, has about 0.56 em a letter. */
function layOutLegend(items: readonly LegendItem[], width: number, fontSize: number): PlacedItem[][] {
  const rows: PlacedItem[][] = [];
  let x = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const itemWidth = item.label.length * fontSize * 0.56 + 42;
    if (x + itemWidth > width || item.startsRow) {
      rows.push([]);
      x = 4;
    }
    rows.at(-1)!.push({ ...item, x });
    x += itemWidth;
  }
  return rows;
}

function drawLegend(document: Document, rows: readonly (readonly PlacedItem[])[], fontSize: number): SVGElement {
  const make = (name: string, attributes: Attributes): SVGElement => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    setAttributes(element, attributes);
    return element;
  };
  const legend = make('g', { class: 'legend', 'text-anchor': 'start' });
  rows.forEach((row, r) => {
    for (const item of row) {
      const g = make('g', {
        transform: `translate(${Math.round(item.x)},${r * (fontSize + 8) + 10})`,
        ...(item.key === undefined ? {} : { 'data-key': item.key }),
      });
      g.append(make('path', symbolAttributes(item)));
      const text = make('text', { x: 24, y: '0.35em', fill: 'currentColor' });
      text.textContent = item.label;
      g.append(text);
      legend.append(g);
    }
  });
  return legend;
}

function symbolAttributes({ symbol, colour: paint }: LegendItem): Attributes {
  const filled = { fill: paint };
  const drawn = { fill: 'none', stroke: paint, 'stroke-width': 2 };
  switch (symbol) {
    case 'circle':
      return { d: 'M4.5,0a4.5,4.5 0 1,0 9,0a4.5,4.5 0 1,0 -9,0', ...filled };
    case 'hollow':
      return { d: 'M5,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0', ...drawn };
    case 'open':
      return { d: 'M5,-4h8v8h-8Z', ...drawn, 'stroke-width': 1.25 };
    case 'square':
      return { d: 'M5,-4h8v8h-8Z', ...filled };
    case 'diamond':
      return { d: 'M9,-6L14,0L9,6L4,0Z', ...filled };
    case 'triangle':
      return { d: 'M9,-5L14,4H4Z', ...filled };
    case 'line':
      return { d: 'M0,0H18', ...drawn };
    case 'dash':
      return { d: 'M0,0H18', 'stroke-dasharray': '5,3', ...drawn };
    case 'band':
      return { d: 'M0,-6H18V6H0Z', ...filled };
    case 'frame':
      return { d: 'M1,-5H17V5H1Z', ...drawn, 'stroke-width': 1.25, 'stroke-dasharray': '4,3' };
  }
}

/** SVG has no subscripts: `T_base` becomes T and a smaller, lower `base`. */
function subscriptBase(document: Document, element: Element): void {
  if (element.children.length > 0 || !element.textContent?.includes('T_base')) return;
  const [first = '', ...rest] = element.textContent.split('T_base');
  element.textContent = `${first}T`;
  for (const after of rest) {
    const base = document.createElementNS('http://www.w3.org/2000/svg', 'tspan');
    setAttributes(base, { dy: '0.25em', 'font-size': '0.75em' });
    base.textContent = 'base';
    const back = document.createElementNS('http://www.w3.org/2000/svg', 'tspan');
    setAttributes(back, { dy: '-0.19em' });
    back.textContent = after === '' ? '\u200b' : after;
    element.append(base, back);
  }
}
