// Accuracy against temperature (EXPERIMENT.md, step 1): Wilson intervals, lines at T_base and T = 1, and which
// temperatures the exact McNemar test does not tell apart from the best.
import * as Plot from '@observablehq/plot';
import type { DashboardData } from '../data.ts';
import { decimals, interval, listed, percent } from '../format.ts';
import { drawFigure, isNarrow, tag } from './figure.ts';
import { namedRulesX, namesHeight } from './marks.ts';
import { colour } from './palette.ts';
import type { Frame, View } from './view.ts';

export const calibration: View = {
  name: 'calibration',
  title: 'Accuracy against temperature',
  place: 'half',
  requires: 'calibration',
  caption(data) {
    const { tBase, identified, sameAsBest } = data.record.results.calibration!;
    return identified
      ? `T_base = ${tBase}: no other temperature is as good by the exact McNemar test on the same prompts. Bars: Wilson’s 95 % intervals.`
      : `T_base is not identified: ${listed(sameAsBest.filter((temperature) => temperature !== tBase).map(String))} cannot be told apart from ${tBase}, which came first (exact McNemar test on the same prompts, p ≥ 0.05). Bars: Wilson’s 95 % intervals.`;
  },
  axes: () => ['linear'],
  render: draw,
  table: (data) => ({
    columns: [
      { name: 'temperature', label: 'T' },
      { name: 'correct', label: 'correct' },
      { name: 'total', label: 'of' },
      { name: 'accuracy', label: 'accuracy', show: (value) => percent(value as number, 1) },
      { name: 'low', label: 'low', show: (value) => percent(value as number, 1) },
      { name: 'high', label: 'high', show: (value) => percent(value as number, 1) },
      { name: 'sameAsBest', label: 'not told apart from T_base', show: (value) => (value ? 'yes' : 'no') },
    ],
    rows: rowsOf(data).map((row) => [row.temperature, row.correct, row.total, row.accuracy, row.low, row.high, row.same]),
  }),
};

function rowsOf(data: DashboardData) {
  const { rows, sameAsBest } = data.record.results.calibration!;
  return rows.map((row) => ({
    ...row,
    same: sameAsBest.includes(row.temperature),
    tip: `T = ${row.temperature}\n${row.correct} of ${row.total} correct: ${percent(row.accuracy, 1)}\nWilson 95 % ${interval(row.low * 100, row.high * 100, 1)} %`,
  }));
}

function draw(data: DashboardData, frame: Frame): string {
  const rows = rowsOf(data);
  const { tBase } = data.record.results.calibration!;
  const used = data.record.results.tBaseUsed ?? tBase;
  const paint = (row: { same: boolean }) => (row.same ? colour('blue') : colour('orange'));
  const attributes = (row: { temperature: number }) => ({ 'data-temperature': row.temperature });
  const top = Math.max(...rows.map(({ high }) => high), 0.1);
  const rules = [
    ...(tBase === used ? [] : [{ x: tBase, name: `T_base found ${tBase}`, stroke: colour('green') }]),
    { x: used, name: tBase === used ? `T_base ${used}` : `T_base used ${used}`, stroke: colour('ink') },
    { x: 1, name: 'T = 1', dash: '4,3' },
  ];
  return drawFigure(
    {
      label: `Accuracy against temperature; the best is ${decimals(Math.max(...rows.map(({ accuracy }) => accuracy)) * 100, 1)} percent at T = ${tBase}`,
      legend: [
        { label: 'not told apart from the best', colour: colour('blue'), symbol: 'circle' },
        ...(rows.every(({ same }) => same)
          ? []
          : [{ label: 'told apart (p < 0.05)', colour: colour('orange'), symbol: 'square' as const }]),
      ],
      plot: {
        marginTop: namesHeight(3),
        x: {
          label: 'temperature T',
          ticks: rows.map(({ temperature }) => temperature),
          tickFormat: (value: number) => String(value),
          inset: isNarrow(frame) ? 10 : 20,
        },
        y: {
          label: 'accuracy (%)',
          percent: true,
          domain: [0, Math.min(1, top * 1.05) * 100],
          grid: true,
          nice: true,
          labelOffset: isNarrow(frame) ? 48 : 63,
          labelAnchor: 'center',
        },
        marks: [
          Plot.ruleY([0], { stroke: colour('line') }),
          ...namedRulesX(rules, isAtTheRight(Math.max(tBase, used), rows) ? 'left' : 'right'),
          Plot.line(rows, { x: 'temperature', y: 'accuracy', stroke: colour('muted'), strokeWidth: 1.25 }),
          Plot.ruleX(rows, { x: 'temperature', y1: 'low', y2: 'high', stroke: paint, strokeWidth: 3, ...tag(rows, attributes) }),
          Plot.dot(rows, {
            x: 'temperature',
            y: 'accuracy',
            fill: paint,
            symbol: (row: { same: boolean }) => (row.same ? 'circle' : 'square'),
            stroke: colour('paper'),
            r: 5,
            title: 'tip',
            ...tag(rows, attributes),
          }),
        ],
        color: { type: 'identity' },
        symbol: { type: 'ordinal', domain: ['circle', 'square'], range: ['circle', 'square'] },
      },
    },
    frame,
  );
}

/** Where a name at the right of its rule would leave the figure. */
function isAtTheRight(temperature: number, rows: readonly { readonly temperature: number }[]): boolean {
  const temperatures = rows.map((row) => row.temperature);
  const [low, high] = [Math.min(...temperatures), Math.max(...temperatures)];
  return temperature - low > 0.6 * (high - low);
}
