// Text -> plan, or the text of its problems: the way of a pipeline through the whole language.
import { compile } from '../../pipelines/compile.ts';
import { problemsError } from '../../pipelines/issues.ts';
import { linkSpec } from '../../pipelines/link.ts';
import { type GivenParams, resolveParams } from '../../pipelines/params.ts';
import { type Parsed, parseSpec } from '../../pipelines/parse.ts';
import type { Plan } from '../../pipelines/plan.ts';
import { requestedSources } from '../../pipelines/requested-sources.ts';
import type { StepDefinition } from '../../pipelines/step.ts';
import { smallSources, smallSteps } from './small-steps.ts';

export interface Outcome {
  readonly plan?: Plan;
  readonly text?: string;
}

export const STORE = '0123456789abcdef0123456789abcdef';

export function compileText(text: string, given: GivenParams = {}, steps: readonly StepDefinition[] = smallSteps): Outcome {
  return compileParsed(parseSpec(text, 'pipeline.yaml'), given, steps);
}

export function compileParsed(
  { spec, problems, source }: Parsed,
  given: GivenParams = {},
  steps: readonly StepDefinition[] = smallSteps,
): Outcome {
  if (problems !== undefined) return { text: problemsError(problems, source).message };
  const resolved = resolveParams(spec, given);
  if (resolved.problems !== undefined) return { text: problemsError(resolved.problems, source).message };
  const options = { params: resolved.params, matrix: resolved.matrix, steps, views: ['alpha', 't-star', 'calibration'] };
  const linked = linkSpec(spec, options);
  if (linked.problems !== undefined) return { text: problemsError(linked.problems, source).message };
  const compiled = compile(spec, { ...options, sources: smallSources(requestedSources(linked.linked)), store: STORE });
  return compiled.problems === undefined ? { plan: compiled.plan } : { text: problemsError(compiled.problems, source).message };
}
