// The activity `finishRun`: the last of every run, also of a failed or cancelled one. It gathers the results that the
// pipeline names, writes run.json into the store and renders the dashboard from it.
import { putRunRecord } from '../artifacts/run-index.ts';
import { type NodeRecord, type RunRecord, runRecordSchema } from '../artifacts/run-record.ts';
import type { Store } from '../artifacts/store.ts';
import { formatCoordinates, type Plan } from '../pipelines/plan.ts';
import type { ModelSource, Sources } from '../pipelines/sources.ts';
import type { StepDefinition } from '../pipelines/step.ts';
import type { FinishedNode, FinishRunInput, RunResult } from '../workflows/messages.ts';
import type { PromptArtifact } from './artifact-types.ts';
import { LostError } from './lost-error.ts';
import { machine, versions } from './machine.ts';
import { getIndex, getPlan } from './plan-store.ts';
import { renderDashboard } from './render-dashboard.ts';

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
  const values = plan === undefined ? new Map<string, unknown>() : await readSections(store, plan, steps, input);
  const bos = plan === undefined ? null : await bosOf(store, plan, steps, input);
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
    ...sourcesOf(plan),
    bos,
    warnings: [...new Set([...(plan?.warnings ?? []), ...input.warnings, ...resultWarnings(Object.fromEntries(values))])],
    units: { hit: sum(input.nodes, 'hit'), computed: sum(input.nodes, 'computed') },
    nodes: input.nodes.map((node) => nodeRecord(node, plan)),
    sections: plan?.results ?? {},
    results: Object.fromEntries(values),
    views: plan?.views ?? [],
    versions: versions(),
    machine: machine(),
  });
  await putRunRecord(store, record);
  return { run: input.run, status: input.status, dashboard: await renderOrSay(store, record, log), warnings: record.warnings };
}

/** A failed or cancelled run is recorded with what is there; a finished one has all of it. */
async function planOf(store: Store, { plan, status }: FinishRunInput): Promise<Plan | undefined> {
  if (plan === null) return undefined;
  return getPlan(store, plan).catch((error: unknown) => {
    if (status !== 'done' && error instanceof LostError) return undefined;
    throw error;
  });
}

/** Every section whose step has finished: one value for a step without axes, else its units in order. */
async function readSections(
  store: Store,
  plan: Plan,
  steps: readonly StepDefinition[],
  run: FinishRunInput,
): Promise<Map<string, unknown>> {
  const sections = new Map<string, unknown>();
  for (const [section, { node, output }] of Object.entries(plan.results)) {
    const units = await readOutput(store, plan, steps, run, { node, output });
    if (units === undefined) continue;
    const hasAxes = plan.nodes.find(({ id }) => id === node)!.axes.length > 0;
    sections.set(section, hasAxes ? units : units[0]);
  }
  return sections;
}

async function readOutput(
  store: Store,
  plan: Plan,
  steps: readonly StepDefinition[],
  { nodes, status }: FinishRunInput,
  { node: id, output }: { readonly node: string; readonly output: string },
): Promise<unknown[] | undefined> {
  const index = nodes.find((node) => node.id === id)?.index;
  const type = steps.find(({ name }) => name === plan.nodes.find((node) => node.id === id)?.step)?.outputs[output];
  if (index == null || type === undefined) return undefined;
  try {
    const values: unknown[] = [];
    for (const { coordinates, outputs } of (await getIndex(store, index, id)).entries) {
      const bytes = outputs[output] === undefined ? undefined : await store.getObject(outputs[output]);
      if (bytes === undefined)
        throw new LostError({ what: `${id}.${output} at ${formatCoordinates(coordinates)}`, plan: false, nodes: [id] });
      values.push(await type.decode(bytes));
    }
    return values;
  } catch (error) {
    if (status !== 'done' && error instanceof LostError) return undefined;
    throw error;
  }
}

/** Which BOS mode the prompts were made with, and whether any has two. */
async function bosOf(store: Store, plan: Plan, steps: readonly StepDefinition[], run: FinishRunInput): Promise<RunRecord['bos']> {
  const node = plan.nodes.find(({ step }) => step === 'render-prompts');
  if (node === undefined) return null;
  const prompts = (await readOutput(store, plan, steps, run, { node: node.id, output: 'ids' })) as PromptArtifact[] | undefined;
  return { mode: String(node.params.bos), doubled: prompts?.some((prompt) => prompt.doubledBos) ?? false };
}

function sourcesOf(plan: Plan | undefined): Pick<RunRecord, 'model' | 'dataset'> {
  const sources = plan?.sources as unknown as Sources | undefined;
  const model: ModelSource | undefined = Object.values(sources?.models ?? {})[0];
  const dataset = Object.values(sources?.datasets ?? {})[0];
  return {
    model: model === undefined ? null : { name: model.name, engine: model.digests.engine, origin: model.origin },
    dataset: dataset === undefined ? null : { ...dataset, preference: [...dataset.preference], rows: dataset.rowCount },
  };
}

/** What the numbers themselves warn of. */
function resultWarnings({ calibration }: Record<string, unknown>): string[] {
  const found = calibration as RunRecord['results']['calibration'];
  if (found === undefined || found.identified) return [];
  return [
    `T_base is not identified: on ${found.rows[0]?.total ?? 0} prompts the accuracies at T = ${found.sameAsBest.join(', ')} cannot be told apart (exact McNemar test)`,
  ];
}

function nodeRecord(finished: FinishedNode, plan: Plan | undefined): NodeRecord {
  const node = plan?.nodes.find(({ id }) => id === finished.id);
  const { id, index, units, hit, computed, startedAt, endedAt, shards } = finished;
  return {
    id,
    step: node?.step ?? '',
    activity: node?.activity ?? '',
    queue: node?.queue ?? '',
    version: node?.version ?? 0,
    params: { ...node?.params },
    inputs: { ...node?.inputs },
    units,
    hit,
    computed,
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
