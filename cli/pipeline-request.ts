// PIPELINE and --set of the command line as what a run is started with: a shipped pipeline by its name and the params that
// were set (what a person would type into the UI's form), a file as its whole spec.
import { type CheckedPipeline, checkPipeline } from '../activities/compile-pipeline.ts';
import { findPipeline } from '../pipelines/find-pipeline.ts';
import type { Json } from '../pipelines/plan.ts';
import type { RunInput } from '../workflows/messages.ts';
import { knownSteps } from './known-steps.ts';

export interface PipelineRequest extends CheckedPipeline {
  readonly workflowType: string;
  readonly input: RunInput;
}

/** Throws a UserError with all problems of the file and of what was set. */
export async function loadRequest(pipeline: string, sets: readonly string[]): Promise<PipelineRequest> {
  const found = await findPipeline(pipeline);
  const checked = checkPipeline(found, { sets }, await knownSteps());
  const names = new Set(sets.map((text) => text.slice(0, text.indexOf('=')).trim()));
  const params = Object.fromEntries(Object.entries(checked.params).filter(([name]) => names.has(name)));
  if (found.shipped) return { ...checked, workflowType: checked.spec.name, input: params };
  return { ...checked, workflowType: 'runPipeline', input: { spec: checked.spec as unknown as Json, params } };
}
