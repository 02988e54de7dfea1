// The activity `finishRun`: the last of every run, also of a failed or cancelled one. It gathers the results that the
// pipeline names, writes run.json into the store and renders the dashboard from it.
import { getRunMark, putRunRecord } from '../artifacts/run-index.ts';
import { type NodeRecord, type RunRecord, runRecordSchema } from '../artifacts/run-record.ts';
import type { Store } from '../artifacts/store.ts';
import type { Plan } from '../pipelines/plan.ts';
import type { StepDefinition } from '../pipelines/step.ts';
import type { FinishedNode, FinishRunInput, RunResult } from '../workflows/messages.ts';
import { LostError } from './lost-error.ts';
import { machine, versions } from './machine.ts';
import { getPlan } from './plan-store.ts';
import type { Predictions } from './predict-run.ts';
import { renderDashboard } from './render-dashboard.ts';
import { readParts } from './run-parts.ts';

export interface FinishRunOptions {
  readonly store: Store;
  readonly steps: readonly StepDefinition[];
  readonly namespace: string;
  /** Where the Temporal UI shows an execution. */
  readonly uiAddress?: (run: string, temporalRunId: string) => string | null;
  readonly log: (text: string) => void;
}

export async function finishRun(input: FinishRunInput, { store, steps, namespace, uiAddress, log }: FinishRunOptions): Promise<RunResult> {
  const plan = await planOf(store, input);
  const { cells, ...whole } = plan === undefined ? NOTHING : await readParts({ store, plan, steps, run: input });
  const predicted = (await getRunMark(store, input.run))?.predicted;
  const record = runRecordSchema.parse({
    format: 1,
    run: input.run,
    temporalRunId: input.temporalRunId,
    namespace,
    uiAddress: uiAddress?.(input.run, input.temporalRunId) ?? null,
    pipeline: plan?.pipeline ?? input.workflowType,
    description: plan?.description ?? '',
    status: input.status,
    error: input.error,
    startedAt: input.startedAt,
    endedAt: new Date().toISOString(),
    plan: input.plan ?? '',
    params: plan?.params ?? input.input,
    ...whole,
    warnings: [...new Set([...(plan?.warnings ?? []), ...input.warnings, ...whole.warnings])],
    units: { hit: sum(input.nodes, 'hit'), computed: sum(input.nodes, 'computed') },
    nodes: input.nodes.map((node) => nodeRecord(node, plan, wasAsked(node, input) ? predicted : undefined)),
    cells,
    views: plan?.views ?? [],
    versions: versions(),
    machine: machine(),
  });
  await putRunRecord(store, record);
  return { run: input.run, status: input.status, dashboard: await renderOrSay(store, record, log), warnings: record.warnings };
}

/** A run that failed before it was planned. */
const NOTHING = { model: null, dataset: null, bos: null, warnings: [], sections: {}, results: {}, cells: [] };

/** A failed or cancelled run is recorded with what is there; a finished one has all of it. */
async function planOf(store: Store, { plan, status }: FinishRunInput): Promise<Plan | undefined> {
  if (plan === null) return undefined;
  return getPlan(store, plan).catch((error: unknown) => {
    if (status !== 'done' && error instanceof LostError) return undefined;
    throw error;
  });
}

/** A run that is done has left out the steps that it was not asked for. */
function wasAsked({ startedAt }: FinishedNode, { status }: FinishRunInput): boolean {
  return startedAt !== null || status !== 'done';
}

function nodeRecord(finished: FinishedNode, plan: Plan | undefined, predicted: Predictions | undefined): NodeRecord {
  const node = plan?.nodes.find(({ id }) => id === finished.id);
  const { id, index, units, hit, computed, cost, startedAt, endedAt, shards } = finished;
  return {
    id,
    ...(node?.cell === undefined ? {} : { cell: node.cell as NonNullable<NodeRecord['cell']> }),
    step: node?.step ?? '',
    activity: node?.activity ?? '',
    queue: node?.queue ?? '',
    version: node?.version ?? 0,
    params: { ...node?.params },
    inputs: { ...node?.inputs },
    units,
    hit,
    computed,
    predicted: predicted?.[id] ?? null,
    // Of a run that was planned by an earlier version not every shard told its cost.
    actual: predicted === undefined || cost === undefined ? null : { units: computed, ...cost },
    index,
    startedAt,
    endedAt,
    shards: [...shards],
  };
}

/** A dashboard that cannot be rendered must not fail a run whose numbers are there. */
async function renderOrSay(store: Store, record: RunRecord, log: (text: string) => void): Promise<string | null> {
  try {
    return await renderDashboard(store, record);
  } catch (error) {
    log(
      `the dashboard could not be rendered: ${error instanceof Error ? error.message : String(error)}; try \`tstar dashboard ${record.run}\``,
    );
    return null;
  }
}

function sum(nodes: readonly FinishedNode[], field: 'hit' | 'computed'): number {
  return nodes.reduce((total, node) => total + node[field], 0);
}
