// What to do when the store has lost what it had: the plan is planned again, nodes whose units or index are gone are looked
// up again and compute what is missing, and whoever met the loss goes on. Readers that meet the same loss wait for one repair.
import { proxyActivities } from '@temporalio/workflow';
import { lostOf, userError } from './failures.ts';
import type { Lost, PlannedNode, RunActivities } from './messages.ts';
import { withNode, withWarnings } from './progress.ts';
import { lightActivity } from './retries.ts';
import { advance, type NodeState, nodeState, type RunState } from './run-state.ts';

/** A store that loses more than this does not become whole by computing. */
const MAX_LOSSES = 30;

/** Throws any error that is no loss. `runAgain` runs a node until it has its index. */
export async function recover(state: RunState, error: unknown, runAgain: (node: PlannedNode) => Promise<unknown>): Promise<void> {
  const lost = lostOf(error);
  if (lost === null) throw error;
  if (state.losses++ >= MAX_LOSSES)
    throw userError(`${lost.what} was lost from the store, after ${MAX_LOSSES} other losses in this run: tstar cache verify`);
  advance(state, withWarnings(state.progress, [`${lost.what} was lost from the store and is made again`]));
  if (lost.plan) await planAgain(state);
  await Promise.all(lost.nodes.map((id) => repair(state, id, lost, runAgain)));
}

/** From here on the node's look-ups count anew. */
export function forgive(own: NodeState): void {
  own.list = null;
  own.next = 0;
  own.forgiven = own.round;
}

async function planAgain(state: RunState): Promise<void> {
  const { planPipeline } = proxyActivities<RunActivities>({ ...lightActivity, summary: `plan ${state.workflowType} again` });
  const again = await planPipeline({ workflowType: state.workflowType, input: state.input, run: state.run });
  if (again.plan !== state.planned?.plan)
    throw userError(
      "the run's plan was lost from the store, and planning again gives another one (the model, the questions or tstar changed since): start the run again, what is computed stays in the cache",
    );
}

function repair(state: RunState, id: string, { what }: Lost, runAgain: (node: PlannedNode) => Promise<unknown>): Promise<unknown> {
  const underWay = state.repairs.get(id);
  if (underWay !== undefined) return underWay;
  const node = state.planned?.nodes.find((candidate) => candidate.id === id);
  if (node === undefined) throw new RangeError(`${what} is of ${id}, which the plan does not have`);
  const own = nodeState(state, id);
  own.index = null;
  forgive(own);
  advance(
    state,
    withNode(state.progress, id, () => ({ endedAt: null })),
  );
  const repaired = runAgain(node).finally(() => state.repairs.delete(id));
  state.repairs.set(id, repaired);
  return repaired;
}
