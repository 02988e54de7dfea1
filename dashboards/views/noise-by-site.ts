// Effective noise by group of sites: layers from left to right, kinds of Linears from top to bottom, the colour says how strong. Groups
// of a whole layer, of one kind in all layers, or of globs fill one row or column of the same picture.
import * as Plot from '@observablehq/plot';
import { isNearFloor } from '../../artifacts/floor-record.ts';
import type { SiteNoiseRow } from '../../artifacts/site-noise-record.ts';
import type { DashboardData } from '../data.ts';
import { decimals, percent, percentInterval, significant, withInterval } from '../format.ts';
import { NEAR_FLOOR, sayFloor } from '../panels.ts';
import { drawFigure, isNarrow, tag } from './figure.ts';
import { ALL_LAYERS, HEAD_COLUMN, layerGrid, levelsOf, levelText, paintOf } from './layer-grid.ts';
import { colour } from './palette.ts';
import type { Column, Frame, View } from './view.ts';

/** The LM head lies behind the layers. */
const HEAD = 'lm_head';
const ALL_KINDS = 'every kind';

export const noiseBySite: View = {
  name: 'noise-by-site',
  title: 'Where the noise at the head comes from',
  place: 'whole',
  requires: 'siteNoise',
  caption(data) {
    const shares = (data.record.results.siteShares ?? []).map(
      ({ scale, groups, share, shareLow, shareHigh }) =>
        `At scale ${scale} ${groups === 1 ? 'the one group accounts' : `the ${groups} groups together account`} for ${percentInterval(share, shareLow, shareHigh, 0)} of it.`,
    );
    return `Effective std at the last position with noise at one group of Linears alone; the share is of effective std² with noise at all of them, ${everywhere(data)}. ${shares.join(' ')} Independent sources add up to 100 %. Colours are on a log scale.${sayFloor(data.record.results.numericFloor)}${cellsOf(data).some(({ nearFloor }) => nearFloor) ? ` ×: α ${NEAR_FLOOR}.` : ''}`;
  },
  axes: () => ['linear'],
  render: draw,
  table: (data) => ({
    columns: [
      { name: 'scale', label: 'scale' },
      { name: 'group', label: 'noise at' },
      { name: 'layer', label: 'layer' },
      { name: 'kind', label: 'kind' },
      ...numbers('effectiveStd', 'effective std', (value) => decimals(value, 4)),
      ...numbers('alpha', 'α', (value) => decimals(value, 5)),
      ...numbers('share', 'share', (value) => percent(value, 1)),
      { name: 'n', label: 'draws' },
    ],
    rows: rowsOf(data).map((row) => [
      row.scale,
      row.everywhere ? 'every Linear' : row.group,
      row.layer,
      row.kind,
      row.effectiveStd,
      row.effectiveStdLow,
      row.effectiveStdHigh,
      row.alpha,
      row.alphaLow,
      row.alphaHigh,
      row.share,
      row.shareLow,
      row.shareHigh,
      row.n,
    ]),
  }),
};

function numbers(name: string, label: string, show: (value: number | null) => string): Column[] {
  return [
    { name, label, show: (value) => show(value as number | null) },
    { name: `${name}Low`, label: 'low', show: (value) => show(value as number | null) },
    { name: `${name}High`, label: 'high', show: (value) => show(value as number | null) },
  ];
}

function rowsOf(data: DashboardData): readonly SiteNoiseRow[] {
  return data.record.results.siteNoise!;
}

function everywhere(data: DashboardData): string {
  const rows = rowsOf(data).filter((row) => row.everywhere);
  return rows.map((row) => `${decimals(row.effectiveStd, 3)} at scale ${row.scale}`).join(', ');
}

interface Cell extends SiteNoiseRow {
  readonly x: string;
  readonly y: string;
  readonly tip: string;
  /** The machine's own noise could be all of it. */
  readonly nearFloor: boolean;
}

function cellsOf(data: DashboardData): Cell[] {
  return rowsOf(data)
    .filter((row) => !row.everywhere)
    .map((row) => ({
      ...row,
      x: row.layer === null ? (row.kind === HEAD ? HEAD_COLUMN : ALL_LAYERS) : String(row.layer),
      // Of a glob that names neither a layer nor a kind only the glob itself says where the noise was.
      nearFloor: isNearFloor(row.alpha, data.record.results.numericFloor),
      y: row.kind ?? (row.layer === null ? row.group : ALL_KINDS),
      tip: [
        `noise at ${row.group}, scale ${row.scale}`,
        `effective std ${withInterval(row.effectiveStd, row.effectiveStdLow, row.effectiveStdHigh, 4)}`,
        `α ${withInterval(row.alpha, row.alphaLow, row.alphaHigh, 5)}`,
        `share ${percent(row.share, 2)}`,
        ...(isNearFloor(row.alpha, data.record.results.numericFloor) ? [NEAR_FLOOR] : []),
      ].join('\n'),
    }));
}

function draw(data: DashboardData, frame: Frame): string {
  const cells = cellsOf(data);
  const scales = [...new Set(cells.map(({ scale }) => scale))];
  const grid = layerGrid(cells, frame);
  const strongest = cells.reduce<Cell | undefined>(
    (best, cell) => (cell.effectiveStd > (best?.effectiveStd ?? -1) ? cell : best),
    undefined,
  );
  const levels = levelsOf(cells.map(({ effectiveStd }) => effectiveStd));
  return drawFigure(
    {
      label: `Effective std by layer and kind of Linear${strongest === undefined ? '' : `; the strongest is ${strongest.group} with ${decimals(strongest.effectiveStd, 3)}`}`,
      height: scales.length * (grid.rowCount * grid.rowHeight + 30) + 60,
      legend: levels.map((level) => ({ label: levelText(level, (value) => significant(value, 2)), colour: level.paint, symbol: 'square' })),
      plot: {
        marginTop: 10,
        marginLeft: grid.marginLeft,
        ...(scales.length < 2
          ? {}
          : { marginRight: Math.max(...scales.map((scale) => `scale ${scale}`.length)) * (isNarrow(frame) ? 6.6 : 7.6) + 12 }),
        x: grid.x,
        y: grid.y,
        fy: { label: null, domain: scales, tickFormat: (scale: number) => (scales.length < 2 ? '' : `scale ${scale}`), paddingInner: 0.1 },
        color: { type: 'identity' },
        marks: [
          Plot.cell(cells, {
            x: 'x',
            y: 'y',
            fy: 'scale',
            fill: (cell: Cell) => paintOf(cell.effectiveStd, levels),
            stroke: colour('paper'),
            strokeWidth: 0.5,
            title: 'tip',
            ...tag(cells, (cell) => ({ 'data-noise': cell.scale, 'data-group': cell.group })),
          }),
          Plot.text(
            cells.filter(({ nearFloor }) => nearFloor),
            { x: 'x', y: 'y', fy: 'scale', text: () => '×', fill: colour('ink'), pointerEvents: 'none' },
          ),
        ],
      },
    },
    frame,
  );
}
