// `--until`, `--only`, `--from` and `--force` of `tstar run` as the options that a run is started with. Unknown steps are
// refused here, with the nearest name, before a server is looked for. A step of a matrix is named in all its cells or in some.
import type { CheckedPipeline } from '../activities/compile-pipeline.ts';
import { UserError } from '../formats/user-error.ts';
import type { RunOptions } from '../workflows/messages.ts';
import { matchNodes, unknownStep } from './match-nodes.ts';

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
  named: StepSelection,
): SelectedSteps {
  const ids = order.map(({ id }) => id);
  const nodesOf = (option: string, names: readonly string[]) =>
    names.flatMap((name) => {
      const found = matchNodes(name, ids);
      if (found.length === 0) throw unknownStep(`--${option} ${name}: ${spec.name}`, name, ids);
      return found;
    });
  const only = nodesOf('only', named.only === undefined ? [] : [named.only]);
  const [force, from, until] = [nodesOf('force', named.force), nodesOf('from', named.from), nodesOf('until', named.until)];
  if (only.length > 0 && force.length + from.length + until.length > 0)
    throw new UserError('--only goes with none of --force, --from and --until: it forces nothing and ends after its step');
  const last = only.length === 0 ? until : only;
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
