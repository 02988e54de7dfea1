// `--until`, `--only`, `--from` and `--force` of `tstar run` as the options that a run is started with. Unknown steps are
// refused here, with the nearest name, before a server is looked for.
import type { CheckedPipeline } from '../activities/compile-pipeline.ts';
import { UserError } from '../formats/user-error.ts';
import { nearestName } from '../pipelines/nearest-name.ts';
import type { RunOptions } from '../workflows/messages.ts';

export interface StepSelection {
  readonly force: readonly string[];
  readonly from: readonly string[];
  readonly until: readonly string[];
  readonly only?: string;
}

export type SelectedSteps = Pick<RunOptions, 'force' | 'until'>;

type Order = CheckedPipeline['order'];

export function selectSteps(
  { spec, order }: Pick<CheckedPipeline, 'order'> & { readonly spec: { readonly name: string } },
  { force, from, until, only }: StepSelection,
): SelectedSteps {
  const ids = order.map(({ id }) => id);
  const given = { force, from, until, only: only === undefined ? [] : [only] };
  for (const [option, named] of Object.entries(given))
    for (const id of named) if (!ids.includes(id)) throw unknownStep(spec.name, option, id, ids);
  if (only !== undefined && force.length + from.length + until.length > 0)
    throw new UserError('--only goes with none of --force, --from and --until: it forces nothing and ends after its step');
  const last = only === undefined ? until : [only];
  const runs = last.length === 0 ? new Set(ids) : above(order, last);
  // What a run does not reach needs no force.
  const forced = below(order, from);
  for (const id of force) forced.add(id);
  const again = ids.filter((id) => forced.has(id) && runs.has(id));
  if (again.length === 0 && forced.size > 0)
    throw new UserError(`nothing to force: ${[...forced].join(', ')} lies behind --until ${last.join(', ')}`);
  return { ...(again.length > 0 ? { force: again } : {}), ...(last.length > 0 ? { until: [...last] } : {}) };
}

/** These steps and all that they need. */
function above(order: Order, ids: readonly string[]): Set<string> {
  const found = new Set(ids);
  for (const { id, after } of order.toReversed()) if (found.has(id)) for (const before of after) found.add(before);
  return found;
}

/** These steps and all that read them. */
function below(order: Order, ids: readonly string[]): Set<string> {
  const found = new Set(ids);
  for (const { id, after } of order) if (after.some((before) => found.has(before))) found.add(id);
  return found;
}

function unknownStep(pipeline: string, option: string, id: string, ids: readonly string[]): UserError {
  const nearest = nearestName(id, ids);
  const meant = nearest === undefined ? '' : `: did you mean ${nearest}?`;
  return new UserError(`--${option} ${id}: ${pipeline} has no such step${meant} (its steps are ${ids.join(', ')})`);
}
