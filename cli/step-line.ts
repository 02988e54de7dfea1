// One step of a run in one line: what is done of its units and shards, how fast, how long it still takes, what the cache gave,
// and what a shard under way says of itself. A step that is over keeps its count and its time.

import { amount } from '../dashboards/format.ts';
import type { NodeProgress, RunProgress, ShardBeat } from '../workflows/messages.ts';
import { doneUnits, secondsLeft, tokensPerSecond } from '../workflows/time-left.ts';
import { formatDuration } from './format.ts';

const MARKS = { waiting: '·', running: '>', done: '✓', failed: '✗' } as const;

export interface StepName {
  readonly name: string;
  /** Of the names that stand below each other. */
  readonly width: number;
}

/** `> noisy      75/150  shards 2/6, 2.3/s, 33 s left, 40 from the cache, 12 of 30 passes` */
export function stepLine(node: NodeProgress, beats: readonly ShardBeat[], nowMs: number, { name, width }: StepName): string {
  const own = node.state === 'running' ? beats.filter((beat) => beat.node === node.id) : [];
  const counts = node.state === 'waiting' ? '' : `${doneUnits(node, own)}/${node.units}`;
  return `${MARKS[node.state]} ${name.padEnd(width)} ${counts.padStart(11)}  ${remark(node, own, nowMs)}`.trimEnd();
}

/** `✓ 11 steps, 555 units, 300 of them from the cache, 2 min 05 s`: what remains of a run's lines when it is done. */
export function runLine(progress: RunProgress): string {
  const nodes = progress.nodes.filter(({ state }) => state === 'done');
  const sum = (of: (node: NodeProgress) => number): number => nodes.reduce((total, node) => total + of(node), 0);
  const times = nodes
    .flatMap(({ startedAt, endedAt }) => [startedAt, endedAt])
    .flatMap((time) => (time === null ? [] : [Date.parse(time)]));
  const seconds = times.length === 0 ? 0 : (Math.max(...times) - Math.min(...times)) / 1000;
  const hits = sum((node) => node.hits);
  const parts = [
    `${nodes.length} ${nodes.length === 1 ? 'step' : 'steps'}`,
    `${amount(sum(({ units }) => units))} units`,
    ...(hits > 0 ? [`${amount(hits)} of them from the cache`] : []),
    formatDuration(seconds),
  ];
  return `${MARKS.done} ${parts.join(', ')}`;
}

function remark(node: NodeProgress, beats: readonly ShardBeat[], nowMs: number): string {
  if (node.state === 'waiting') return 'waiting';
  const hits = node.hits > 0 ? `${node.hits} from the cache` : '';
  const elapsed = elapsedSeconds(node, nowMs);
  if (node.state !== 'running') return [formatDuration(elapsed), hits].filter(Boolean).join(', ');
  const left = secondsLeft(node, beats, nowMs);
  return [
    node.shards > 1 ? `shards ${node.shardsDone}/${node.shards}` : '',
    rateText(node, beats, elapsed),
    left === null ? formatDuration(elapsed) : `${aboutSeconds(left)} left`,
    hits,
    beats.find((beat) => beat.note !== '')?.note ?? (beats.length === 0 && node.shards > node.shardsDone ? `queued on ${node.queue}` : ''),
  ]
    .filter(Boolean)
    .join(', ');
}

function elapsedSeconds({ startedAt, endedAt }: NodeProgress, nowMs: number): number {
  return startedAt === null ? 0 : ((endedAt === null ? nowMs : Date.parse(endedAt)) - Date.parse(startedAt)) / 1000;
}

/** Tokens of steps that generate, units of others; nothing before there is any. */
function rateText(node: NodeProgress, beats: readonly ShardBeat[], elapsed: number): string {
  const tokens = tokensPerSecond(beats);
  if (tokens !== null) return `${amount(tokens)} tokens/s`;
  const rate = elapsed > 0 ? (doneUnits(node, beats) - node.hits) / elapsed : 0;
  return rate > 0 ? `${rate.toFixed(rate < 10 ? 1 : 0)}/s` : '';
}

/** An estimate has no tenths of seconds. */
function aboutSeconds(seconds: number): string {
  return seconds < 60 ? `${Math.ceil(seconds)} s` : formatDuration(seconds);
}
