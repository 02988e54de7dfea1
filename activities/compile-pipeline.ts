// From a parsed spec and what a run was given to a plan: params, links, sources, parts of keys. The command line and the
// activity `planPipeline` both come here, so they refuse the same input with the same words.
import { viewNames } from '../dashboards/view-names.ts';
import type { Hub } from '../hub/hub.ts';
import { compile } from '../pipelines/compile.ts';
import { problemsError, type SpecSource } from '../pipelines/issues.ts';
import { linkSpec } from '../pipelines/link.ts';
import type { Matrix } from '../pipelines/matrix.ts';
import { type GivenParams, type Params, resolveParams } from '../pipelines/params.ts';
import type { Parsed } from '../pipelines/parse.ts';
import { cellName, type Plan } from '../pipelines/plan.ts';
import { type RequestedSources, requestedSources } from '../pipelines/requested-sources.ts';
import type { Spec } from '../pipelines/spec.ts';
import type { StepDefinition } from '../pipelines/step.ts';
import { resolveSources, sourceWarnings } from './resolve-sources.ts';

/** A pipeline that is right in itself: nothing was looked for outside yet. */
export interface CheckedPipeline {
  readonly spec: Spec;
  readonly source: SpecSource;
  /** Every param with its value. */
  readonly params: Params;
  /** Params with several values; the first stands in `params`. */
  readonly matrix: Matrix;
  readonly requested: RequestedSources;
  readonly steps: readonly StepDefinition[];
  /** Its steps (of every cell), each after those that it reads. */
  readonly order: readonly { readonly id: string; readonly after: readonly string[] }[];
  /** Names of the matrix's cells; empty without a matrix. */
  readonly cells: readonly string[];
}

/** Throws a UserError with all problems of the spec, or of what was given. */
export function checkPipeline(parsed: Parsed, given: GivenParams, steps: readonly StepDefinition[]): CheckedPipeline {
  const { source } = parsed;
  if (parsed.problems !== undefined) throw problemsError(parsed.problems, source);
  const { spec } = parsed;
  const resolved = resolveParams(spec, given);
  if (resolved.problems !== undefined) throw problemsError(resolved.problems, source);
  const { params, matrix } = resolved;
  const { linked, problems } = linkSpec(spec, { params, matrix, steps, views: viewNames });
  if (problems !== undefined) throw problemsError(problems, source);
  const order = linked.nodes.map(({ id, inputs }) => ({ id, after: [...new Set(Object.values(inputs).map(({ node }) => node))] }));
  const cells = linked.cells.map(({ values }) => cellName(values));
  return { spec, source, params, matrix, requested: requestedSources(linked), steps, order, cells };
}

/** Resolves models and datasets to digests and compiles; throws a UserError where a source or a range is wrong. */
export async function compilePipeline(
  { spec, source, params, matrix, requested, steps }: CheckedPipeline,
  { hub, signal, store }: { readonly hub: Hub; readonly signal: AbortSignal; readonly store: string },
): Promise<Plan> {
  const sources = await resolveSources(requested, { hub, signal });
  const { plan, problems } = compile(spec, { params, matrix, steps, views: viewNames, sources, store, warnings: sourceWarnings(sources) });
  if (problems !== undefined) throw problemsError(problems, source);
  return plan;
}
