// What was asked for beside what was measured.
import { paddedTable } from '../markdown-table.ts';
import type { ScaleRun } from './shards-run.ts';

export interface ScaleRow {
  readonly id: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: string;
  readonly met: boolean;
}

const MAX_OVERHEAD_MS = 40;
const MIN_RATE = 100;
const MAX_GROWTH_MEGABYTES = 200;
/** Temporal warns at 10,240 events or 10 MB, and ends a workflow at 51,200 or 50 MB. */
const MAX_EVENTS = 10_240;
const MAX_HISTORY_MEGABYTES = 10;
/** A cost that grows with what is done already would show here long before. */
const MIN_STEADINESS = 0.7;

export interface ScaleRuns {
  readonly single: ScaleRun;
  readonly wide: ScaleRun;
  readonly large: ScaleRun;
}

export function scaleRows({ single, wide, large }: ScaleRuns): readonly ScaleRow[] {
  return [
    atMost('overhead', `wall time of a trivial shard at concurrency ${single.concurrency} (${number(single.shards)})`, {
      value: (single.seconds * 1000) / single.shards,
      unit: 'ms',
      limit: MAX_OVERHEAD_MS,
    }),
    atLeast('rate', `trivial shards at concurrency ${wide.concurrency} (${number(wide.shards)})`, {
      value: wide.shards / wide.seconds,
      unit: 'shards/s',
      limit: MIN_RATE,
    }),
    atMost('memory', `growth of the worker's memory over ${number(wide.shards)} shards`, {
      value: wide.peakMegabytes - wide.startMegabytes,
      unit: 'MB',
      limit: MAX_GROWTH_MEGABYTES,
    }),
    {
      id: 'completes',
      what: `a pipeline of ${number(large.shards)} shards (${large.histories} workflow executions)`,
      value: large.seconds,
      unit: 's',
      goal: 'completes, every unit computed once',
      met: large.status === 'done' && large.computed === large.shards,
    },
    atMost('events', 'longest history of it', { value: large.longest.events, unit: 'events', limit: MAX_EVENTS }),
    atMost('history', 'largest history of it', { value: large.longest.megabytes, unit: 'MB', limit: MAX_HISTORY_MEGABYTES }),
    ...(large.steadiness === null
      ? []
      : [
          atLeast('steady', 'its last tenth of shards against the first', {
            value: large.steadiness,
            unit: 'x the rate',
            limit: MIN_STEADINESS,
          }),
        ]),
  ];
}

interface Limited {
  readonly value: number;
  readonly unit: string;
  readonly limit: number;
}

function atMost(id: string, what: string, { value, unit, limit }: Limited): ScaleRow {
  return { id, what, value, unit, goal: `at most ${number(limit)} ${unit}`, met: value <= limit };
}

function atLeast(id: string, what: string, { value, unit, limit }: Limited): ScaleRow {
  return { id, what, value, unit, goal: `at least ${number(limit)} ${unit}`, met: value >= limit };
}

/** A Markdown table, readable in a terminal as it is. */
export function renderScaleRows(rows: readonly ScaleRow[]): string {
  const header = ['what', 'measured', 'goal', 'met'];
  const cells = rows.map(({ what, value, unit, goal, met }) => [what, `${short(value)} ${unit}`, goal, met ? 'yes' : 'NO']);
  return paddedTable(header, cells);
}

function short(value: number): string {
  return value >= 100 ? number(Math.round(value)) : value.toPrecision(3);
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
