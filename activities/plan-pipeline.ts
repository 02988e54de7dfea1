// The activity `planPipeline`: what a person started (a pipeline's name with a few params, or a whole spec as JSON) becomes a
// plan in the store. Bad input fails here, at once, with the words of the command line.
import { Context } from '@temporalio/activity';
import { putRunMark } from '../artifacts/run-index.ts';
import { UserError } from '../formats/user-error.ts';
import { readShippedPipeline } from '../pipelines/find-pipeline.ts';
import { parseSpecValue } from '../pipelines/parse.ts';
import { type Plan, unitCount } from '../pipelines/plan.ts';
import type { Sources } from '../pipelines/sources.ts';
import type { StepDefinition } from '../pipelines/step.ts';
import type { PlannedNode, PlannedRun, PlanPipelineInput } from '../workflows/messages.ts';
import { type CheckedPipeline, checkPipeline, compilePipeline } from './compile-pipeline.ts';
import { putPlan } from './plan-store.ts';
import type { Services } from './services.ts';

/** The workflow type of specs that are no shipped pipeline; its input is `{ spec, params }`. */
const INLINE = 'runPipeline';

export interface PlanPipelineOptions {
  readonly services: Services;
  readonly steps: readonly StepDefinition[];
  /** Search attributes that the server knows. */
  readonly known: readonly string[];
}

export async function planPipeline(input: PlanPipelineInput, { services, steps, known }: PlanPipelineOptions): Promise<PlannedRun> {
  const { store, hub } = services;
  const checked = await checkInput(input, steps);
  const plan = await compilePipeline(checked, { hub, signal: Context.current().cancellationSignal, store: store.id });
  const digest = await putPlan(store, plan);
  // From here on a garbage collection keeps what the run needs.
  await putRunMark(store, { run: input.run, plan: digest, plannedAt: new Date().toISOString() });
  return {
    plan: digest,
    pipeline: plan.pipeline,
    nodes: plan.nodes.map((node) => plannedNode(plan, node.id)),
    warnings: plan.warnings,
    model: Object.values((plan.sources as unknown as Sources).models)[0]?.name ?? '',
    searchAttributes: known,
  };
}

async function checkInput({ workflowType, input }: PlanPipelineInput, steps: readonly StepDefinition[]): Promise<CheckedPipeline> {
  if (workflowType !== INLINE) return checkPipeline(await readShippedPipeline(workflowType), { values: input }, steps);
  const { spec, params = {}, ...rest } = input;
  const foreign = Object.keys(rest);
  if (foreign.length > 0) throw new UserError(`${INLINE} takes { "spec": {...}, "params": {...} }, not ${foreign.join(', ')}`);
  if (spec === undefined)
    throw new UserError(
      `${INLINE} takes { "spec": {...}, "params": {...} }: the spec is missing (a shipped pipeline is started by its own name)`,
    );
  return checkPipeline(parseSpecValue(spec), { values: params }, steps);
}

function plannedNode(plan: Plan, id: string): PlannedNode {
  const node = plan.nodes.find((candidate) => candidate.id === id)!;
  const after = [...new Set(Object.values(node.inputs).map((read) => read.node))];
  return { id, step: node.step, activity: node.activity, queue: node.queue, units: unitCount(node), after };
}
