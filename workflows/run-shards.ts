// The child workflow of a large node: a slice of at most a few hundred shards, so that no history comes near Temporal's
// limits. It tells its parent now and then how far it is, and returns what the run's record needs.
import { defineSignal, getExternalWorkflowHandle, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { addCost, type Cost, NO_COST } from '../pipelines/plan.ts';
import { userError } from './failures.ts';
import { fanOut, type ShardJob } from './fan-out.ts';
import type { FinishedNode, ShardResult } from './messages.ts';
import { openWindow } from './window.ts';

/** A history of this many shards has some 2,000 events; Temporal warns at 10,000. */
export const SHARDS_PER_CHILD = 300;

export interface ChildJob extends ShardJob {
  readonly concurrency: number;
}

/** Sums over the shards that a child has finished; the same in reports and in the result. */
export interface ShardTotals {
  readonly shards: number;
  readonly units: number;
  readonly hits: number;
  readonly computed: number;
  /** A child of an earlier version does not say it. */
  readonly cost?: Cost;
}
export interface ShardsReport extends ShardTotals {
  readonly child: string;
  readonly node: string;
}
export interface ShardsDone extends ShardTotals {
  readonly finished: FinishedNode['shards'];
  readonly warnings: readonly string[];
}

/** Parent to child: shards that may be in flight. */
export const setWindow = defineSignal<[number]>('setWindow');
/** Child to parent. */
export const reportShards = defineSignal<[ShardsReport]>('reportShards');

// A report costs both histories a few events: at most 30 a child, and none from a child that is over in seconds.
const SHARDS_PER_REPORT = 10;
const REPORT_INTERVAL_MS = 5000;

export async function runShards(job: ChildJob): Promise<ShardsDone> {
  if (typeof job?.shards !== 'string')
    throw userError('runShards is a part of a run and cannot be started by itself; start a pipeline by its name');
  const window = openWindow(job.concurrency);
  setHandler(setWindow, (count) => {
    // A signal from outside, the UI's form for one: what is no count changes nothing.
    if (Number.isInteger(count) && count >= 1) window.limit = count;
  });
  const finished: FinishedNode['shards'][number][] = [];
  const warnings = new Set<string>();
  const report = openReports(job);
  let totals: ShardTotals = { shards: 0, units: 0, hits: 0, computed: 0 };
  const onShard = (result: ShardResult): void => {
    totals = addShard(totals, result);
    finished.push(shardRecord(result));
    for (const warning of result.warnings) warnings.add(warning);
    setCurrentDetails(
      `**${job.node}**: ${totals.shards} of ${job.to - job.from} shards, ${totals.units} units (${totals.hits} were there)`,
    );
    report(totals);
  };
  await fanOut(job, window, { onShard, draining: () => false });
  return { ...totals, finished, warnings: [...warnings].slice(0, 100) };
}

export function addShard(totals: ShardTotals, result: ShardResult): ShardTotals {
  return {
    shards: totals.shards + 1,
    units: totals.units + result.units,
    hits: totals.hits + result.hits,
    computed: totals.computed + result.computed,
    cost: addCost(totals.cost ?? NO_COST, result.cost ?? NO_COST),
  };
}

export function shardRecord({ startedAt, endedAt, units, attempt, worker }: ShardResult): FinishedNode['shards'][number] {
  return { startedAt, endedAt, units, attempt, worker };
}

function openReports(job: ChildJob): (totals: ShardTotals) => void {
  const { parent, workflowId } = workflowInfo();
  let reportedShards = 0;
  let reportedAtMs = Date.now();
  return (totals) => {
    const due = totals.shards - reportedShards >= SHARDS_PER_REPORT && Date.now() - reportedAtMs >= REPORT_INTERVAL_MS;
    if (parent === undefined || !due) return;
    reportedShards = totals.shards;
    reportedAtMs = Date.now();
    // A parent that is gone or being reset misses a report, nothing else.
    getExternalWorkflowHandle(parent.workflowId)
      .signal(reportShards, { ...totals, child: workflowId, node: job.node })
      .catch(() => undefined);
  };
}
