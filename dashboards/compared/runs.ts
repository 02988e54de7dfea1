// The runs of a comparison: the page's own first, each with a letter, a colour and a symbol that figures and tables share.
import type * as Plot from '@observablehq/plot';
import type { DashboardData } from '../data.ts';
import type { LegendItem, LegendSymbol } from '../views/figure.ts';
import { colour } from '../views/palette.ts';

export interface ComparedRun {
  readonly data: DashboardData;
  /** 0 is the page's own run: `data-run` of a mark. */
  readonly place: number;
  readonly letter: string;
  readonly stroke: string;
  readonly symbol: Plot.SymbolType;
  readonly legend: LegendSymbol;
}

const STYLES: readonly Pick<ComparedRun, 'stroke' | 'symbol' | 'legend'>[] = [
  { stroke: colour('blue'), symbol: 'circle', legend: 'circle' },
  { stroke: colour('orange'), symbol: 'diamond2', legend: 'diamond' },
  { stroke: colour('green'), symbol: 'triangle', legend: 'triangle' },
  { stroke: colour('pink'), symbol: 'square', legend: 'square' },
];

/** Beyond, colours and symbols could not be told apart: the page's own run and three others. */
export const MOST_RUNS = STYLES.length;

/** All runs of the page, its own first. */
export function comparedRuns(data: DashboardData): readonly ComparedRun[] {
  const all = [data, ...(data.compared ?? [])];
  if (all.length > MOST_RUNS) throw new RangeError(`${all.length} runs on one page: at most ${MOST_RUNS} can be told apart`);
  return all.map((run, place) => ({ data: run, place, letter: 'ABCD'[place]!, ...STYLES[place]! }));
}

/** A run's id may be as long as Temporal takes; a legend may not. */
const LABEL_LETTERS = 44;

export function runLegend(runs: readonly ComparedRun[]): readonly LegendItem[] {
  return runs.map(({ data, letter, place, stroke, legend }) => {
    const name = nameOf(data);
    const short = name.length <= LABEL_LETTERS ? name : `${name.slice(0, LABEL_LETTERS - 1)}…`;
    return { label: `${letter}: ${short}`, colour: stroke, symbol: legend, key: `series:run${place}` };
  });
}

export function nameOf({ label, record }: DashboardData): string {
  return label ?? record.run;
}
