// What a run knows while it goes on, kept in one place for its queries, its record and the next execution when it continues
// as new. Grows with the number of nodes, never with the number of shards.
import { setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { Cost, QueueName } from '../pipelines/plan.ts';
import type { FinishedNode, LookUpResult, PlannedRun, RunInput, RunOptions, RunProgress } from './messages.ts';
import { openProgress, progressTable } from './progress.ts';
import type { ShardTotals } from './run-shards.ts';
import { DEFAULT_CONCURRENCY, openWindow, type Window } from './window.ts';

/** A node's part that is no progress: where it is in its shard list, and what the run's record says of it. */
export interface NodeState {
  readonly id: string;
  index: string | null;
  /** The shard list under way and the first shard that was not started. */
  list: LookUpResult | null;
  next: number;
  /** Shard lists so far. */
  round: number;
  /** Rounds that do not count against the node: what it read, or what it had, was lost from the store since. */
  forgiven?: number;
  computed: number;
  /** Of what was computed; a run that an earlier version began has none yet. */
  cost?: Cost;
  shards: FinishedNode['shards'];
}

/** The third argument of a run that continues as new. */
export interface CarriedRun {
  readonly planned: PlannedRun;
  readonly progress: RunProgress;
  readonly nodes: readonly NodeState[];
  readonly concurrency: number;
  readonly startedAt: string;
}

export interface RunState {
  readonly workflowType: string;
  readonly run: string;
  readonly input: RunInput;
  readonly options: RunOptions;
  readonly startedAt: string;
  planned: PlannedRun | null;
  progress: RunProgress;
  /** The nodes that run, where not all of the plan's do. */
  selected: ReadonlySet<string> | null;
  readonly nodes: Map<string, NodeState>;
  readonly windows: Map<QueueName, Window>;
  concurrency: number;
  /** Children under way by workflow id, and who takes their reports. */
  readonly children: Map<string, (totals: ShardTotals) => void>;
  /** Nodes that are made again because the store lost something of theirs. */
  readonly repairs: Map<string, Promise<unknown>>;
  /** Losses that this execution has met. */
  losses: number;
}

export function openState(input: RunInput, options: RunOptions, carried: CarriedRun | undefined): RunState {
  const { workflowId, workflowType, startTime } = workflowInfo();
  return {
    workflowType,
    run: workflowId,
    input,
    options,
    startedAt: carried?.startedAt ?? startTime.toISOString(),
    planned: carried?.planned ?? null,
    progress: carried?.progress ?? openProgress(workflowId, workflowType),
    selected: null,
    nodes: new Map(carried?.nodes.map((node) => [node.id, { ...node }])),
    windows: new Map(),
    concurrency: carried?.concurrency ?? options.concurrency ?? DEFAULT_CONCURRENCY,
    children: new Map(),
    repairs: new Map(),
    losses: 0,
  };
}

export function carryState(state: RunState, planned: PlannedRun): CarriedRun {
  return {
    planned,
    progress: state.progress,
    nodes: [...state.nodes.values()],
    concurrency: state.concurrency,
    startedAt: state.startedAt,
  };
}

/** Takes over the next progress and shows it. Details are kept in memory and read by a query: they cost no history. */
export function advance(state: RunState, progress: RunProgress): void {
  state.progress = progress;
  const { selected } = state;
  // Steps that the run leaves out would seem to wait for ever.
  const nodes = progress.nodes.filter(({ id }) => selected === null || selected.has(id));
  setCurrentDetails(progressTable({ ...progress, nodes }, Date.now()));
}

export function nodeState(state: RunState, id: string): NodeState {
  let node = state.nodes.get(id);
  if (node === undefined) {
    node = { id, index: null, list: null, next: 0, round: 0, computed: 0, shards: [] };
    state.nodes.set(id, node);
  }
  return node;
}

export function windowOf(state: RunState, queue: QueueName): Window {
  let window = state.windows.get(queue);
  if (window === undefined) {
    window = openWindow(state.concurrency);
    state.windows.set(queue, window);
  }
  return window;
}

/** The server says when a history is long enough; from then on a run starts nothing new in this execution. */
export function isDraining(): boolean {
  return workflowInfo().continueAsNewSuggested;
}

/** Some 150 bytes a shard: the record's payload stays below the 512 KB at which Temporal warns (2 MB is its limit), whatever the number of nodes. */
const MAX_RECORDED_SHARDS = 2500;
const MAX_RECORDED_SHARDS_PER_NODE = 500;

/** Adds to the shards that the run's record names; the oldest fall out. */
export function recordShards(state: RunState, node: NodeState, shards: FinishedNode['shards']): void {
  const room = Math.floor(MAX_RECORDED_SHARDS / Math.max(1, state.progress.nodes.length));
  node.shards = [...node.shards, ...shards].slice(-Math.min(MAX_RECORDED_SHARDS_PER_NODE, Math.max(1, room)));
}
