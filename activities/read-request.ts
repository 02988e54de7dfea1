// What a run was started with, as a pipeline that is right in itself: a shipped one by its name with params, or a whole spec
// as JSON. Reads no file but a shipped pipeline's.
import { UserError } from '../formats/user-error.ts';
import { readShippedPipeline } from '../pipelines/find-pipeline.ts';
import { parseSpecValue } from '../pipelines/parse.ts';
import type { StepDefinition } from '../pipelines/step.ts';
import type { PlanPipelineInput } from '../workflows/messages.ts';
import { type CheckedPipeline, checkPipeline } from './compile-pipeline.ts';

/** The workflow type of specs that are no shipped pipeline; its input is `{ spec, params }`. */
const INLINE = 'runPipeline';

/** Throws a UserError with all problems, in the words of the command line. */
export async function readRequest(
  { workflowType, input }: Pick<PlanPipelineInput, 'workflowType' | 'input'>,
  steps: readonly StepDefinition[],
): Promise<CheckedPipeline> {
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
