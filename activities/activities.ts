// All activities of a worker: planning, looking up and finishing runs, and one activity type per step. This
// is what @temporalio/worker registers by name.
import { activityName, type StepDefinition } from '../pipelines/step.ts';
import type { FinishRunInput, LookUpInput, PlanPipelineInput, RunActivities, ShardInput, ShardResult } from '../workflows/messages.ts';
import { finishRun } from './finish-run.ts';
import { lookUpUnits } from './look-up-units.ts';
import { planPipeline } from './plan-pipeline.ts';
import type { Services } from './services.ts';
import { runActivity, stepActivity } from './step-activity.ts';

export interface WorkerContext {
  readonly services: Services;
  /** The catalogue, and the steps of one's own that this worker was started with. */
  readonly steps: readonly StepDefinition[];
  readonly namespace: string;
  /** Folders that specs of foreign clients may name, absolute and with links resolved. */
  readonly roots: readonly string[];
  /** Where the Temporal UI shows an execution, null where nobody said where it is. */
  readonly uiAddress: (run: string, temporalRunId: string) => string | null;
  /** Search attributes that the server knows; a foreign cluster may have none. */
  readonly searchAttributes: () => Promise<readonly string[]>;
}

export type TstarActivities = RunActivities & Readonly<Record<string, (input: never) => Promise<unknown>>>;

export function createActivities({ services, steps, namespace, roots, uiAddress, searchAttributes }: WorkerContext): TstarActivities {
  const { store, log } = services;
  const ofSteps = steps.map((step): [string, (input: ShardInput) => Promise<ShardResult>] => [
    activityName(step.name),
    stepActivity(step, services),
  ]);
  return {
    ...Object.fromEntries(ofSteps),
    planPipeline: (input: PlanPipelineInput) =>
      runActivity(services, async () => planPipeline(input, { services, steps, roots, known: await searchAttributes() })),
    lookUpUnits: (input: LookUpInput) => runActivity(services, () => lookUpUnits(input, { store, steps })),
    finishRun: (input: FinishRunInput) => runActivity(services, () => finishRun(input, { store, steps, namespace, uiAddress, log })),
  } as TstarActivities;
}
