// What the activations look like, layer by layer and site by site: their spread, and how many numbers stand far outside of it. Each of
// the two has levels of its own, from its least to its greatest.
import * as Plot from '@observablehq/plot';
import type { ActivationRow } from '../../artifacts/activations-record.ts';
import { greatest } from '../activations-verdict.ts';
import type { DashboardData } from '../data.ts';
import { count, percent, significant } from '../format.ts';
import { drawFigure, isNarrow, type LegendItem, tag } from './figure.ts';
import { ENTRY_COLUMN, type GridPlace, HEAD_COLUMN, type Level, layerGrid, levelsOf, levelText, paintOf } from './layer-grid.ts';
import { colour } from './palette.ts';
import type { Cell, Frame, View } from './view.ts';

export const activations: View = {
  name: 'activations',
  title: 'Activations by site',
  place: 'whole',
  requires: 'activations',
  caption(data) {
    const rows = rowsOf(data);
    const [widest, farthest] = [greatest(rows, 'std'), greatest(rows, 'outliers')];
    return `Over all positions and channels of a prompt, mean over ${count(rows[0]!.prompts, 'prompt')}. The std is greatest at ${widest.site} (${significant(widest.std, 4)}), the share of outliers, numbers more than 6 std from the mean, at ${farthest.site} (${percent(farthest.outliers, 2)}). Colours are on a log scale, from the least to the greatest.`;
  },
  axes: () => ['linear'],
  render: draw,
  table: (data) => ({
    columns: [
      { name: 'site', label: 'site' },
      { name: 'width', label: 'channels' },
      ...['mean', 'std', 'stdLow', 'stdHigh', 'rms', 'min', 'max'].map((name) => ({
        name,
        label: name.replace(/^std(?=[LH])/, '').toLowerCase(),
        show: (value: Cell) => significant(value as number | null, 4),
      })),
      ...['outliers', 'outliersLow', 'outliersHigh'].map((name) => ({
        name,
        label: name.replace(/^outliers(?=[LH])/, '').toLowerCase(),
        show: (value: Cell) => percent(value as number | null, 4),
      })),
      { name: 'prompts', label: 'prompts' },
    ],
    rows: rowsOf(data).map((row) => [
      row.site,
      row.width,
      row.mean,
      row.std,
      row.stdLow,
      row.stdHigh,
      row.rms,
      row.min,
      row.max,
      row.outliers,
      row.outliersLow,
      row.outliersHigh,
      row.prompts,
    ]),
  }),
};

function rowsOf(data: DashboardData): readonly ActivationRow[] {
  return data.record.results.activations!;
}

type Measure = 'std' | 'outliers';

interface Painted extends GridPlace {
  readonly site: string;
  readonly measure: Measure;
  readonly paint: string;
  readonly tip: string;
}

const MEASURES: readonly { readonly measure: Measure; readonly legend: string; readonly show: (value: number) => string }[] = [
  { measure: 'std', legend: 'std', show: (value) => significant(value, 2) },
  { measure: 'outliers', legend: 'outliers (%)', show: (value) => significant(value * 100, 2) },
];

/** Of the numbers that are not 0: a share of outliers can be. */
function levelsOfMeasure(rows: readonly ActivationRow[], measure: Measure): Level[] {
  return levelsOf(rows.map((row) => row[measure]).filter((value) => value > 0));
}

function legendOf(rows: readonly ActivationRow[]): LegendItem[] {
  const none: LegendItem[] = rows.some(({ outliers }) => outliers === 0)
    ? [{ label: 'no outliers', colour: colour('line'), symbol: 'square' }]
    : [];
  const levels = MEASURES.flatMap(({ measure, legend, show }) =>
    levelsOfMeasure(rows, measure).map((level, i) => ({
      label: i === 0 ? `${legend} ${levelText(level, show)}` : levelText(level, show),
      colour: level.paint,
      symbol: 'square' as const,
      startsRow: i === 0,
    })),
  );
  return [...levels, ...none];
}

function cellsOf(rows: readonly ActivationRow[]): Painted[] {
  return MEASURES.flatMap(({ measure }) => {
    const levels = levelsOfMeasure(rows, measure);
    return rows.map((row) => ({
      ...placeInGrid(row),
      site: row.site,
      measure,
      paint: row[measure] === 0 ? colour('line') : paintOf(row[measure], levels),
      tip: [
        row.site,
        `std ${significant(row.std, 4)}${row.stdLow === null ? '' : ` [${significant(row.stdLow, 4)}, ${significant(row.stdHigh, 4)}]`}, mean ${significant(row.mean, 3)}, rms ${significant(row.rms, 4)}`,
        `from ${significant(row.min, 4)} to ${significant(row.max, 4)}`,
        `outliers ${percent(row.outliers, 4)}`,
      ].join('\n'),
    }));
  });
}

/** The stream as it enters the first layer stands in front of the streams that leave one. */
function placeInGrid({ layer, kind }: ActivationRow): GridPlace {
  if (layer !== null) return { x: String(layer), y: kind };
  return kind === 'residual' ? { x: ENTRY_COLUMN, y: kind } : { x: HEAD_COLUMN, y: kind };
}

function draw(data: DashboardData, frame: Frame): string {
  const rows = rowsOf(data);
  const cells = cellsOf(rows);
  const grid = layerGrid(cells, frame);
  return drawFigure(
    {
      label: `Std and share of outliers by layer and site; the greatest std is ${significant(greatest(rows, 'std').std, 4)} at ${greatest(rows, 'std').site}`,
      height: MEASURES.length * (grid.rowCount * grid.rowHeight + 30) + 60,
      legend: legendOf(rows),
      plot: {
        marginTop: 10,
        marginLeft: grid.marginLeft,
        marginRight: isNarrow(frame) ? 54 : 70,
        x: grid.x,
        y: grid.y,
        fy: { label: null, domain: MEASURES.map(({ measure }) => measure), paddingInner: 0.1 },
        color: { type: 'identity' },
        marks: [
          Plot.cell(cells, {
            x: 'x',
            y: 'y',
            fy: 'measure',
            fill: 'paint',
            stroke: colour('paper'),
            strokeWidth: 0.5,
            title: 'tip',
            ...tag(cells, ({ site }) => ({ 'data-site': site })),
          }),
        ],
      },
    },
    frame,
  );
}
