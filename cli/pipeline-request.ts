// PIPELINE, --set and --matrix of the command line as what a run is started with: a shipped pipeline by its name and the params
// that were set (what a person would type into the UI's form), a file as its whole spec.
import { type CheckedPipeline, checkPipeline } from '../activities/compile-pipeline.ts';
import { pathsHere } from '../activities/spec-roots.ts';
import { findPipeline } from '../pipelines/find-pipeline.ts';
import type { Json } from '../pipelines/plan.ts';
import type { RunInput } from '../workflows/messages.ts';
import { knownSteps } from './known-steps.ts';

export interface PipelineRequest extends CheckedPipeline {
  readonly workflowType: string;
  readonly input: RunInput;
}

/** What `--set` and `--matrix` gave. */
export interface GivenOnCommandLine {
  readonly set: readonly string[];
  readonly matrix: readonly string[];
}

/** Throws a UserError with all problems of the file and of what was set. Paths in it are absolute from here on. */
export async function loadRequest(pipeline: string, { set, matrix }: GivenOnCommandLine): Promise<PipelineRequest> {
  const found = await findPipeline(pipeline);
  const steps = await knownSteps();
  const typed = checkPipeline(found, { sets: set, matrix }, steps);
  const paths = pathsHere(typed.requested);
  const several = named(typed.matrix, matrix);
  const params = withPaths({ ...named(typed.params, set), ...(matrix.length === 0 ? {} : { matrix: several }) }, paths);
  const spec = withPaths(typed.spec, paths);
  const checked = paths.size === 0 ? typed : checkPipeline({ ...found, spec, problems: undefined }, { values: params }, steps);
  if (found.shipped) return { ...checked, workflowType: spec.name, input: params };
  return { ...checked, workflowType: 'runPipeline', input: { spec: spec as unknown as Json, params } };
}

/** A copy with every text that names a path replaced by what it means. */
function withPaths<Value>(value: Value, paths: ReadonlyMap<string, string>): Value {
  if (paths.size === 0) return value;
  return JSON.parse(JSON.stringify(value), (_, inner: unknown) =>
    typeof inner === 'string' ? (paths.get(inner) ?? inner) : inner,
  ) as Value;
}

/** Those that the texts `name=...` name. */
function named<Value>(values: Readonly<Record<string, Value>>, texts: readonly string[]): Readonly<Record<string, Value>> {
  const names = new Set(texts.map((text) => text.slice(0, text.indexOf('=')).trim()));
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)));
}
