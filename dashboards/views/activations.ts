// What the activations look like, layer by layer and site by site: their spread, and how many numbers stand far outside of it. Each of
// the two has levels of its own, up to its greatest.
import * as Plot from '@observablehq/plot';
import type { ActivationRow } from '../../artifacts/activations-record.ts';
import { greatest } from '../activations-verdict.ts';
import type { DashboardData } from '../data.ts';
import { decimals, percent, withInterval } from '../format.ts';
import { drawFigure, tag } from './figure.ts';
import { ENTRY_COLUMN, type GridPlace, HEAD_COLUMN, LEVELS, layerGrid, levelsTo } from './layer-grid.ts';
import { colour, levelColour } from './palette.ts';
import type { Cell, Frame, View } from './view.ts';

export const activations: View = {
  name: 'activations',
  title: 'Activations by site',
  place: 'whole',
  requires: 'activations',
  caption(data) {
    const rows = rowsOf(data);
    const [widest, farthest] = [greatest(rows, 'std'), greatest(rows, 'outliers')];
    return `Over all positions and channels of a prompt, mean over ${rows[0]!.prompts} prompts. The std is greatest at ${widest.site} (${decimals(widest.std, 3)}), the share of outliers, numbers more than 6 std from the mean, at ${farthest.site} (${percent(farthest.outliers, 3)}). Each level is twice the one below.`;
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
        show: (value: Cell) => decimals(value as number | null, 4),
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
  readonly measure: string;
  readonly paint: string;
  readonly tip: string;
}

const MEASURES: readonly { readonly measure: Measure; readonly title: string }[] = [
  { measure: 'std', title: 'std' },
  { measure: 'outliers', title: 'outliers' },
];

function cellsOf(rows: readonly ActivationRow[]): Painted[] {
  return MEASURES.flatMap(({ measure, title }) => {
    const levels = levelsTo(greatest(rows, measure)[measure]);
    return rows.map((row) => ({
      ...placeInGrid(row),
      site: row.site,
      measure: title,
      paint: row[measure] === 0 ? colour('line') : levels.find(({ to }) => row[measure] <= to)!.paint,
      tip: [
        row.site,
        `std ${withInterval(row.std, row.stdLow, row.stdHigh, 4)}, mean ${decimals(row.mean, 4)}, rms ${decimals(row.rms, 4)}`,
        `from ${decimals(row.min, 3)} to ${decimals(row.max, 3)}`,
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
      label: `Std and share of outliers by layer and site; the greatest std is ${decimals(greatest(rows, 'std').std, 3)} at ${greatest(rows, 'std').site}`,
      height: MEASURES.length * (grid.rowCount * grid.rowHeight + 30) + 60,
      legend: [
        { label: 'none', colour: colour('line'), symbol: 'square' },
        ...Array.from({ length: LEVELS }, (_, i) => ({
          label: i === LEVELS - 1 ? 'to the greatest' : `to 1/${2 ** (LEVELS - 1 - i)}`,
          colour: levelColour(i, LEVELS),
          symbol: 'square' as const,
        })),
      ],
      plot: {
        marginTop: 30,
        marginLeft: grid.marginLeft,
        marginRight: 60,
        x: grid.x,
        y: grid.y,
        fy: { label: null, domain: MEASURES.map(({ title }) => title), padding: 0.1 },
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
