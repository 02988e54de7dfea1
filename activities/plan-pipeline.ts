// The activity `planPipeline`: what a person started (a pipeline's name with a few params, or a whole spec as JSON) becomes a
// plan in the store. Bad input fails here, at once, with the words of the command line.
import { Context } from '@temporalio/activity';
import { getRunMark, putRunMark } from '../artifacts/run-index.ts';
import type { Prediction } from '../artifacts/run-record.ts';
import type { Store } from '../artifacts/store.ts';
import { UserError } from '../formats/user-error.ts';
import { type Plan, type PlanNode, unitCount } from '../pipelines/plan.ts';
import type { Sources } from '../pipelines/sources.ts';
import type { StepDefinition } from '../pipelines/step.ts';
import type { PlannedNode, PlannedRun, PlanPipelineInput } from '../workflows/messages.ts';
import { compilePipeline } from './compile-pipeline.ts';
import { putPlan } from './plan-store.ts';
import { type Predictions, predictRun, unitCost } from './predict-run.ts';
import { readRequest } from './read-request.ts';
import type { Services } from './services.ts';
import { checkRoots } from './spec-roots.ts';

const MAX_NAME_BYTES = 200;

export interface PlanPipelineOptions {
  readonly services: Services;
  readonly steps: readonly StepDefinition[];
  /** Folders that the spec may name. */
  readonly roots: readonly string[];
  /** Search attributes that the server knows. */
  readonly known: readonly string[];
}

export async function planPipeline(input: PlanPipelineInput, { services, steps, roots, known }: PlanPipelineOptions): Promise<PlannedRun> {
  const { store, hub } = services;
  checkRunName(input.run);
  const checked = await readRequest(input, steps);
  await checkRoots(checked.requested, { roots, store, request: { workflowType: input.workflowType, input: input.input } });
  const plan = await compilePipeline(checked, { hub, signal: Context.current().cancellationSignal, store: store.id });
  const digest = await putPlan(store, plan);
  const predicted = await predictedOnce(input, plan, { store, steps: checked.steps });
  // From here on a garbage collection keeps what the run needs.
  await putRunMark(store, { run: input.run, plan: digest, plannedAt: new Date().toISOString(), predicted });
  return {
    plan: digest,
    pipeline: plan.pipeline,
    nodes: plan.nodes.map((node) => plannedNode(node, predicted[node.id])),
    warnings: plan.warnings,
    model: Object.values((plan.sources as unknown as Sources).models)[0]?.name ?? '',
    searchAttributes: known,
  };
}

/** The run's name is that of its folder in the store, where most file systems take 255 bytes. */
function checkRunName(run: string): void {
  const bytes = Buffer.byteLength(encodeURIComponent(run));
  if (bytes > MAX_NAME_BYTES)
    throw new UserError(
      `the workflow id has ${bytes} bytes (other letters than a-z count three each), at most ${MAX_NAME_BYTES} are allowed: choose a shorter one`,
    );
}

/** A run that is planned again keeps what was predicted before it computed anything. */
async function predictedOnce(
  { run, force = [] }: PlanPipelineInput,
  plan: Plan,
  { store, steps }: { readonly store: Store; readonly steps: readonly StepDefinition[] },
): Promise<Predictions> {
  return (await getRunMark(store, run))?.predicted ?? (await predictRun(plan, { store, steps, force }));
}

function plannedNode(node: PlanNode, predicted: Prediction | undefined): PlannedNode {
  const { id, step, activity, queue } = node;
  const after = [...new Set(Object.values(node.inputs).map((read) => read.node))];
  const cost = predicted === undefined ? undefined : unitCost(predicted);
  return { id, step, activity, queue, units: unitCount(node), after, ...(cost === undefined ? {} : { unitCost: cost }) };
}
