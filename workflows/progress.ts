// How far a run is: pure functions from one RunProgress to the next, and the Markdown table that the Temporal UI shows.
// Times are handed in; a workflow's own clock stands still between its tasks, so rates are as of the last event.
import { byCell, splitNodeId } from '../pipelines/plan.ts';
import type { NodeProgress, PlannedRun, RunProgress } from './messages.ts';
import { secondsLeft } from './time-left.ts';

/** A run with thousands of bad shards says so in a hundred lines. */
const MAX_WARNINGS = 100;

export function openProgress(run: string, pipeline: string): RunProgress {
  return { run, pipeline, state: 'planning', nodes: [], warnings: [] };
}

export function withPlan(progress: RunProgress, planned: PlannedRun): RunProgress {
  const nodes = planned.nodes.map(
    ({ id, step, queue, units, unitCost }): NodeProgress => ({
      id,
      step,
      queue,
      state: 'waiting',
      units,
      hits: 0,
      done: 0,
      shards: 0,
      shardsDone: 0,
      ...(unitCost === undefined ? {} : { unitCost }),
      startedAt: null,
      endedAt: null,
    }),
  );
  return withWarnings({ ...progress, pipeline: planned.pipeline, state: 'running', nodes }, planned.warnings);
}

export function withState(progress: RunProgress, state: RunProgress['state']): RunProgress {
  return { ...progress, state };
}

/** Merges what `change` makes of the node into it. */
export function withNode(progress: RunProgress, id: string, change: (node: NodeProgress) => Partial<NodeProgress>): RunProgress {
  return { ...progress, nodes: progress.nodes.map((node) => (node.id === id ? { ...node, ...change(node) } : node)) };
}

/** Each warning once, in the order of appearance. */
export function withWarnings(progress: RunProgress, warnings: readonly string[]): RunProgress {
  if (warnings.length === 0) return progress;
  const all = [...new Set([...progress.warnings, ...warnings])];
  return { ...progress, warnings: all.slice(0, MAX_WARNINGS) };
}

/** Units computed per second since the node started, null before there is anything to divide. Hits cost nothing and say nothing. */
export function unitsPerSecond(node: NodeProgress, nowMs: number): number | null {
  if (node.startedAt === null || node.done <= node.hits) return null;
  const endMs = node.endedAt === null ? nowMs : Date.parse(node.endedAt);
  const seconds = (endMs - Date.parse(node.startedAt)) / 1000;
  return seconds > 0 ? (node.done - node.hits) / seconds : null;
}

export function progressTable(progress: RunProgress, nowMs: number): string {
  const done = progress.nodes.filter((node) => node.state === 'done').length;
  // The page says when it asked, which is later than what it was told.
  const asOf = `as of ${new Date(nowMs).toISOString().slice(11, 19)} UTC`;
  const head = `**${progress.pipeline}** ${progress.state}, ${done} of ${progress.nodes.length} steps done, ${asOf}`;
  if (progress.nodes.length === 0) return head;
  const tables = byCell(progress.nodes).map(({ cell, members }) =>
    cell === '' ? nodesTable(members, nowMs) : `**${cell}**\n\n${nodesTable(members, nowMs)}`,
  );
  const warnings = progress.warnings.map((warning) => `- ${asText(warning)}`).join('\n');
  return [head, ...tables, warnings].filter((part) => part !== '').join('\n\n');
}

/** A warning that names `layers.*.input` is no Markdown. */
function asText(warning: string): string {
  return warning.replace(/[\\`*_<>[\]|#~]/g, '\\$&');
}

function nodesTable(nodes: readonly NodeProgress[], nowMs: number): string {
  const rows = nodes.map((node) => {
    const rate = unitsPerSecond(node, nowMs);
    const left = secondsLeft(node, [], nowMs);
    const cells = [
      splitNodeId(node.id).step,
      node.state,
      `${node.done} of ${node.units}`,
      `${node.hits}`,
      `${node.shardsDone} of ${node.shards}`,
      rate === null ? '' : `${rate.toPrecision(2)}/s`,
      left === null ? '' : formatSeconds(left),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const columns = ['step', 'state', 'units', 'hits', 'shards', 'rate', 'time left'];
  return [`| ${columns.join(' | ')} |`, `|${' --- |'.repeat(columns.length)}`, ...rows].join('\n');
}

function formatSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
