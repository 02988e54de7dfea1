// One node of a plan: look up its units, compute the shards of those that are missing, look again, until the store has an
// index of all of them. What was computed counts only once the look-up finds it.
import { condition, executeChild, isCancellation, proxyActivities } from '@temporalio/workflow';
import { addCost, NO_COST } from '../pipelines/plan.ts';
import { userError } from './failures.ts';
import { fanOut, type ShardJob } from './fan-out.ts';
import type { LookUpResult, PlannedNode, RunActivities, ShardResult } from './messages.ts';
import { withNode, withWarnings } from './progress.ts';
import { forgive, recover } from './recover.ts';
import { lightActivity } from './retries.ts';
import { type ChildJob, type runShards, SHARDS_PER_CHILD, type ShardTotals, shardRecord } from './run-shards.ts';
import { advance, isDraining, type NodeState, nodeState, type RunState, recordShards, windowOf } from './run-state.ts';
import { enterChild, type Window } from './window.ts';

/** A unit that is missing after it was computed was corrupted or deleted meanwhile: worth three tries, no more. */
const MAX_ROUNDS = 3;

/** Runs the node to its end, or as far as this execution goes: `index` says which. */
export async function runNode(state: RunState, node: PlannedNode): Promise<NodeState> {
  const own = nodeState(state, node.id);
  if (own.index !== null) return own;
  advance(
    state,
    withNode(state.progress, node.id, ({ startedAt }) => ({ state: 'running', startedAt: startedAt ?? now() })),
  );
  try {
    while (own.index === null && !isDraining()) {
      if (node.after.some((id) => isMissing(state, id)))
        await condition(() => isDraining() || !node.after.some((id) => isMissing(state, id)));
      else await takeTurn(state, node, own);
    }
  } catch (error) {
    if (!isCancellation(error))
      advance(
        state,
        withNode(state.progress, node.id, () => ({ state: 'failed', endedAt: now() })),
      );
    throw error;
  }
  return own;
}

/** The next thing to do for the node. What was lost from the store meanwhile is made again first. */
async function takeTurn(state: RunState, node: PlannedNode, own: NodeState): Promise<void> {
  try {
    if (own.list === null) await lookUp(state, node, own);
    else await runShardList(state, node, own, own.list);
  } catch (error) {
    await recover(state, error, (before) => runNode(state, before));
    forgive(own);
  }
}

/** Its index is being made again, for another reader. */
function isMissing(state: RunState, id: string): boolean {
  return nodeState(state, id).index === null;
}

async function lookUp(state: RunState, node: PlannedNode, own: NodeState): Promise<void> {
  const { lookUpUnits } = proxyActivities<RunActivities>({ ...lightActivity, summary: `look up ${node.id}` });
  const force = own.round === 0 && (state.options.force ?? []).includes(node.id);
  const found = await lookUpUnits({
    plan: planOf(state),
    node: node.id,
    indexes: indexesOf(state, node),
    run: state.run,
    ...(force ? { force } : {}),
    ...(state.options.shardUnits === undefined ? {} : { shardUnits: state.options.shardUnits }),
  });
  advance(state, withWarnings(state.progress, found.warnings));
  if (found.index !== null) return finishNode(state, own, found);
  const missing = `${found.units - found.hits} of ${found.units} units`;
  if (found.shards === null || found.shardCount < 1)
    throw new RangeError(`look-up of ${node.id}: ${missing} are missing, but it names no shards`);
  const tries = own.round - (own.forgiven ?? 0);
  if (tries >= MAX_ROUNDS)
    throw userError(
      `${node.id}: ${missing} are still missing after they were computed ${MAX_ROUNDS} times; the store loses or corrupts them: tstar cache verify`,
    );
  const warnings =
    tries > 0 ? [`${node.id}: ${missing} are missing after they were computed; trying again (${tries} of ${MAX_ROUNDS - 1})`] : [];
  own.list = found;
  own.next = 0;
  own.round++;
  const first = own.round === 1;
  const progress = withNode(state.progress, node.id, (before) => ({
    units: found.units,
    hits: first ? found.hits : before.hits,
    done: found.hits,
    shards: found.shardCount,
    shardsDone: 0,
  }));
  advance(state, withWarnings(progress, warnings));
}

function finishNode(state: RunState, own: NodeState, { index, units }: LookUpResult): void {
  own.index = index;
  const change = { state: 'done', units, done: units, endedAt: now(), ...(own.round === 0 ? { hits: units } : {}) } as const;
  advance(
    state,
    withNode(state.progress, own.id, () => change),
  );
}

async function runShardList(state: RunState, node: PlannedNode, own: NodeState, list: LookUpResult): Promise<void> {
  const window = windowOf(state, node.queue);
  const job: ShardJob = {
    run: state.run,
    plan: planOf(state),
    node: node.id,
    indexes: indexesOf(state, node),
    activity: node.activity,
    queue: node.queue,
    shards: list.shards!,
    shardCount: list.shardCount,
    summary: list.summary,
    from: own.next,
    to: list.shardCount,
  };
  if (list.shardCount <= SHARDS_PER_CHILD) {
    const onShard = (result: ShardResult): void => {
      recordShards(state, own, [shardRecord(result)]);
      credit(state, own, { shards: 1, ...result }, result.warnings);
    };
    own.next = await fanOut(job, window, { onShard, draining: isDraining });
  } else {
    while (own.next < list.shardCount && (await enterChild(window, isDraining))) {
      const to = Math.min(own.next + SHARDS_PER_CHILD, list.shardCount);
      await runSlice(state, own, { ...job, from: own.next, to, concurrency: window.limit }, window);
      own.next = to;
    }
  }
  if (own.next === list.shardCount) own.list = null;
}

/** A slice in a child workflow. One child of a queue at a time: a slice is minutes of work, its tail seconds. */
async function runSlice(state: RunState, own: NodeState, job: ChildJob, window: Window): Promise<void> {
  const child = `${state.run}.${own.id}.${own.round}.${job.from}-${job.to - 1}`;
  let seen: ShardTotals = { shards: 0, units: 0, hits: 0, computed: 0 };
  const take = (totals: ShardTotals, warnings: readonly string[]): void => {
    const gain = {
      shards: totals.shards - seen.shards,
      units: totals.units - seen.units,
      hits: totals.hits - seen.hits,
      computed: totals.computed - seen.computed,
      cost: addCost(totals.cost ?? NO_COST, seen.cost ?? NO_COST, -1),
    };
    seen = totals;
    credit(state, own, gain, warnings);
  };
  state.children.set(child, (totals) => take(totals, []));
  try {
    const done = await executeChild<typeof runShards>('runShards', {
      workflowId: child,
      args: [job],
      // A run that was reset starts children of the same ids again while those of its former self may still be running.
      workflowIdReusePolicy: 'TERMINATE_IF_RUNNING',
      // A terminated run's shards are told to stop; a plain terminate would leave them working until their next beat.
      parentClosePolicy: 'REQUEST_CANCEL',
      staticSummary: `${job.summary} · shards ${job.from + 1} to ${job.to} of ${job.shardCount}`.slice(0, 200),
    });
    recordShards(state, own, done.finished);
    take(done, done.warnings);
  } finally {
    state.children.delete(child);
    window.held = false;
  }
}

function credit(state: RunState, own: NodeState, gain: ShardTotals, warnings: readonly string[]): void {
  own.computed += gain.computed;
  own.cost = addCost(own.cost ?? NO_COST, gain.cost ?? NO_COST);
  const { tokens } = own.cost;
  const progress = withNode(state.progress, own.id, (node) => ({
    done: Math.min(node.units, node.done + gain.units),
    hits: node.hits + gain.hits,
    shardsDone: node.shardsDone + gain.shards,
    ...(tokens === 0 ? {} : { tokens }),
  }));
  advance(state, withWarnings(progress, warnings));
}

function planOf(state: RunState): string {
  if (state.planned === null) throw new RangeError('a node runs before there is a plan');
  return state.planned.plan;
}

function indexesOf(state: RunState, node: PlannedNode): { readonly [node: string]: string } {
  return Object.fromEntries(node.after.map((id) => [id, nodeState(state, id).index!]));
}

function now(): string {
  return new Date().toISOString();
}
