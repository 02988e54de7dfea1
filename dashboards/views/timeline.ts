// The run's shards over time, a row per step: what ran beside what, what was tried again, what the cache answered.
import * as Plot from '@observablehq/plot';
import { mergeCells } from '../../artifacts/cell-record.ts';
import type { NodeRecord } from '../../artifacts/run-record.ts';
import type { DashboardData } from '../data.ts';
import { count, duration } from '../format.ts';
import { drawFigure, isNarrow, tag } from './figure.ts';
import { colour } from './palette.ts';
import type { Frame, View } from './view.ts';

export const timeline: View = {
  name: 'timeline',
  title: 'Timeline of shards',
  place: 'whole',
  requires: 'run',
  caption: () =>
    'Each bar is a shard of a step, from its start to its end on a worker; a step without bars was answered from the cache or did not start.',
  axes: () => ['linear'],
  render: draw,
  table: (data) => ({
    columns: [
      { name: 'step', label: 'step' },
      { name: 'startSeconds', label: 'start (s)', show: (value) => (value as number).toFixed(1) },
      { name: 'endSeconds', label: 'end (s)', show: (value) => (value as number).toFixed(1) },
      { name: 'units', label: 'units' },
      { name: 'attempt', label: 'attempt' },
      { name: 'worker', label: 'worker' },
    ],
    rows: barsOf(data).map((bar) => [bar.node, bar.start, bar.end, bar.units, bar.attempt, bar.worker]),
  }),
};

interface Bar {
  readonly node: string;
  readonly start: number;
  readonly end: number;
  readonly units: number;
  readonly attempt: number;
  readonly worker: string;
}

/** More rows than this are drawn a row per step, all cells of a matrix together. */
const ROWS = 60;

function rowsOf({ record: { nodes } }: DashboardData): readonly NodeRecord[] {
  return nodes.length <= ROWS ? nodes : mergeCells(nodes);
}

function barsOf(data: DashboardData): Bar[] {
  const { record } = data;
  const origin = Date.parse(record.startedAt);
  const seconds = (iso: string) => (Date.parse(iso) - origin) / 1000;
  return rowsOf(data).flatMap((node) =>
    node.shards.map((shard) => ({
      node: node.id,
      start: seconds(shard.startedAt),
      end: seconds(shard.endedAt),
      units: shard.units,
      attempt: shard.attempt,
      worker: shard.worker,
    })),
  );
}

function draw(data: DashboardData, frame: Frame): string {
  const bars = barsOf(data);
  const nodes = rowsOf(data);
  const end = Math.max(1, ...bars.map((bar) => bar.end));
  const notes = nodes.filter((node) => node.shards.length === 0).map((node) => ({ node: node.id, note: noteOf(node) }));
  const again = (bar: Bar) => (bar.attempt > 1 ? colour('orange') : colour('blue'));
  return drawFigure(
    {
      label: 'Shards of each step over the time of the run',
      height: Math.max(1, nodes.length) * (isNarrow(frame) ? 22 : 26) + 60,
      legend: [
        ...(bars.length === 0 ? [] : [{ label: 'first attempt', colour: colour('blue'), symbol: 'band' as const }]),
        ...(bars.some(({ attempt }) => attempt > 1) ? [{ label: 'tried again', colour: colour('orange'), symbol: 'band' as const }] : []),
      ],
      plot: {
        marginTop: 8,
        marginLeft: Math.min(frame.width * 0.42, Math.max(60, ...nodes.map(({ id }) => id.length * 7.6 + 14))),
        x: {
          label: 'seconds since the start',
          domain: [0, end],
          ...(bars.length === 0 ? { axis: null } : { grid: true, ticks: isNarrow(frame) ? 4 : 8 }),
        },
        y: { type: 'band', label: null, domain: nodes.map(({ id }) => id), tickSize: 0, padding: 0.25 },
        marks: [
          Plot.barX(bars, {
            x1: 'start',
            x2: (bar: Bar) => Math.max(bar.end, bar.start + end / 400),
            y: 'node',
            fill: again,
            fillOpacity: 0.8,
            stroke: colour('paper'),
            strokeWidth: 0.5,
            title: (bar: Bar) =>
              `${bar.node}\n${count(bar.units, 'unit')} in ${duration((bar.end - bar.start) * 1000)}\nattempt ${bar.attempt} on ${bar.worker}`,
            ...tag(bars, (bar) => ({ 'data-node': bar.node })),
          }),
          Plot.text(notes, { x: 0, dx: 6, y: 'node', text: 'note', textAnchor: 'start', fill: colour('muted') }),
        ],
        color: { type: 'identity' },
      },
    },
    frame,
  );
}

function noteOf(node: NodeRecord): string {
  return node.units > 0 && node.hit === node.units ? `${node.hit} from the cache` : 'not run';
}
