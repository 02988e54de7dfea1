// What a view is. Views are values of one shape, one per file: a figure drawn by Plot from a run's data and the table of
// the same numbers below it. Whoever writes the next copies the last and lists it in all.ts.
import type { DashboardData } from '../data.ts';
import type { Theme } from './palette.ts';

export type Axes = 'log' | 'linear';

/** What a figure is drawn into. */
export interface Frame {
  readonly document: Document;
  /** In the SVG's own units; below 480 the narrow layout is drawn. */
  readonly width: number;
  readonly theme: Theme;
  readonly axes: Axes;
}

export type Cell = string | number | boolean | null;
export interface Column {
  readonly name: string;
  readonly label: string;
  /** How people read it; the CSV has the number itself. */
  readonly show?: (value: Cell) => string;
}
export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

export interface View {
  /** Kebab-case: how pipelines name it, and the figure's anchor. */
  readonly name: string;
  readonly title: string;
  /** How much of the page's width it takes. */
  readonly place: 'half' | 'whole';
  /** The section of the results that it draws; the page leaves it out where the run has none. `run` is always there. */
  readonly requires:
    | 'calibration'
    | 'effectiveNoise'
    | 'tStar'
    | 'calibrationScores'
    | 'reliability'
    | 'siteNoise'
    | 'numericFloor'
    | 'activations'
    | 'run';
  /** Whether there is something to draw, where that is not the section's table: rows or units, of an unfinished run too. */
  drawable?(data: DashboardData): boolean;
  /** Says in a sentence or two what is drawn and how to read it. */
  caption(data: DashboardData): string;
  /** Axes that can be chosen, the first by default. */
  axes(data: DashboardData): readonly Axes[];
  /** The figure as SVG text. */
  render(data: DashboardData, frame: Frame): string;
  /** The numbers of the figure. */
  table(data: DashboardData): Table;
}

/** A table as CSV (RFC 4180): full precision, empty where there is no number. */
export function csv({ columns, rows }: Table): string {
  const lines = [columns.map(({ name }) => name), ...rows.map((row) => row.map((cell) => (cell === null ? '' : String(cell))))];
  return lines.map((cells) => `${cells.map(quoteCsv).join(',')}\r\n`).join('');
}

function quoteCsv(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
