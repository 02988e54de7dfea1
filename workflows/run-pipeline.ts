// A run, as its story: plan, then every node after those that it reads, independent ones at once, then the record. Serves
// every pipeline's name as a workflow type; arguments: the input, run options, and what an earlier execution of the same run
// carried over when its history was long enough.
import {
  ActivityFailure,
  allHandlersFinished,
  CancellationScope,
  ContinueAsNew,
  condition,
  continueAsNew,
  defineQuery,
  defineUpdate,
  getExternalWorkflowHandle,
  isCancellation,
  proxyActivities,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { NO_COST } from '../pipelines/plan.ts';
import { runFailure } from './failures.ts';
import type { FinishRunInput, PlannedNode, PlannedRun, RunActivities, RunProgress, RunResult } from './messages.ts';
import { withPlan, withState } from './progress.ts';
import { recover } from './recover.ts';
import { checkCarried, checkConcurrency, checkInput, checkOptions, selectNodes } from './request.ts';
import { lastWords, lightActivity } from './retries.ts';
import { runNode } from './run-node.ts';
import { reportShards, setWindow } from './run-shards.ts';
import { advance, type CarriedRun, carryState, isDraining, type NodeState, openState, type RunState } from './run-state.ts';

export const progressQuery = defineQuery<RunProgress>('progress');
export const planQuery = defineQuery<PlannedRun | null>('plan');
/** Shards in flight per queue from now on; children follow. */
export const setConcurrency = defineUpdate<number, [number]>('setConcurrency');

export async function runPipeline(input: unknown = {}, options: unknown = {}, carried?: CarriedRun): Promise<RunResult> {
  const { workflowType, continuedFromExecutionRunId } = workflowInfo();
  checkCarried(workflowType, carried, continuedFromExecutionRunId !== undefined);
  const state = openState(checkInput(workflowType, input), checkOptions(workflowType, options), carried);
  serveHandlers(state);
  try {
    const planned = state.planned ?? (await plan(state));
    const nodes = selectNodes(planned, state.options);
    state.selected = new Set(nodes.map(({ id }) => id));
    for (;;) {
      await runNodes(state, nodes);
      if (nodes.some(({ id }) => state.nodes.get(id)?.index == null)) {
        await condition(allHandlersFinished);
        await continueAsNew<typeof runPipeline>(input, options, carryState(state, planned));
      }
      try {
        return await finish(state, 'done', null);
      } catch (error) {
        // A result that was lost before it was recorded is computed again.
        await recover(state, error, (node) => runNode(state, node));
      }
    }
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    throw await endBadly(state, error);
  }
}

async function plan(state: RunState): Promise<PlannedRun> {
  const { planPipeline } = proxyActivities<RunActivities>({ ...lightActivity, summary: `plan ${state.workflowType}` });
  const { workflowType, input, run, options } = state;
  const planned = await planPipeline({ workflowType, input, run, ...(options.force === undefined ? {} : { force: options.force }) });
  state.planned = planned;
  advance(state, withPlan(state.progress, planned));
  const attributes = { TstarPipeline: planned.pipeline, TstarModel: planned.model, TstarDigest: planned.plan };
  // An attribute that the server does not know would leave the run stuck, so the activity says which it does.
  const known = Object.entries(attributes).filter(([name, value]) => value !== '' && planned.searchAttributes.includes(name));
  if (known.length > 0) upsertSearchAttributes(Object.fromEntries(known.map(([name, value]) => [name, [value]])));
  return planned;
}

/** Every node starts when those that it reads are done. The first failure stops the others, and all have stopped when this throws. */
async function runNodes(state: RunState, nodes: readonly PlannedNode[]): Promise<void> {
  const scope = new CancellationScope();
  const ends = new Map<string, Promise<NodeState | null>>();
  const runAfter = async (node: PlannedNode): Promise<NodeState | null> => {
    const before = await Promise.all(node.after.map((id) => ends.get(id)!));
    // Something before it was left for the next execution.
    if (before.some((end) => end === null || (end.index === null && isDraining()))) return null;
    return runNode(state, node);
  };
  try {
    await scope.run(async () => {
      for (const node of nodes) ends.set(node.id, runAfter(node));
      await Promise.all(ends.values());
    });
  } catch (error) {
    scope.cancel();
    await Promise.allSettled(ends.values());
    throw error;
  }
}

/** Failed and cancelled runs have a record as well; then the failure that people read, or the cancellation itself. */
async function endBadly(state: RunState, error: unknown): Promise<unknown> {
  const status = isCancellation(error) ? 'cancelled' : 'failed';
  const failure = status === 'cancelled' ? error : runFailure(error);
  const finishFailed = error instanceof ActivityFailure && error.activityType === 'finishRun';
  if (!finishFailed) {
    // A record that cannot be written must not hide why the run ended.
    await finish(state, status, status === 'cancelled' ? 'cancelled' : (failure as Error).message).catch(() => undefined);
  }
  advance(state, withState(state.progress, status));
  return failure;
}

async function finish(state: RunState, status: FinishRunInput['status'], error: string | null): Promise<RunResult> {
  advance(state, withState(state.progress, 'finishing'));
  const { finishRun } = proxyActivities<RunActivities>({
    ...(status === 'done' ? lightActivity : lastWords),
    summary: `record the run as ${status}`,
  });
  const result = await CancellationScope.nonCancellable(() => finishRun(recordOf(state, status, error)));
  advance(state, withState(state.progress, status));
  return result;
}

function recordOf(state: RunState, status: FinishRunInput['status'], error: string | null): FinishRunInput {
  const nodes = state.progress.nodes.map(({ id, units, hits, startedAt, endedAt }) => {
    const own = state.nodes.get(id);
    const { index = null, computed = 0, cost = NO_COST, shards = [] } = own ?? {};
    return { id, index, units, hit: hits, computed, cost, startedAt, endedAt, shards };
  });
  const { workflowType, run, input, startedAt } = state;
  const plan = state.planned?.plan ?? null;
  return {
    run,
    temporalRunId: workflowInfo().runId,
    workflowType,
    input,
    plan,
    status,
    error,
    startedAt,
    nodes,
    warnings: state.progress.warnings,
  };
}

function serveHandlers(state: RunState): void {
  setHandler(progressQuery, () => state.progress);
  setHandler(planQuery, () => state.planned);
  setHandler(reportShards, (report) => state.children.get(report?.child)?.(report));
  setHandler(
    setConcurrency,
    async (count) => {
      state.concurrency = count;
      for (const window of state.windows.values()) window.limit = count;
      // A child that has just ended needs no word any more.
      await Promise.all(
        [...state.children.keys()].map((child) =>
          getExternalWorkflowHandle(child)
            .signal(setWindow, count)
            .catch(() => undefined),
        ),
      );
      return count;
    },
    { validator: (count) => void checkConcurrency(count) },
  );
}
