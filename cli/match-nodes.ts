// What a person names as a step where a run has a matrix: `noisy` is the step in all its cells, `noisy[seed=1]` in those with
// that value.
import { UserError } from '../formats/user-error.ts';
import { nearestName } from '../pipelines/nearest-name.ts';
import { splitNodeId } from '../pipelines/plan.ts';

/** Ids of the nodes that a name stands for; none where there is no such step or cell. */
export function matchNodes(name: string, ids: readonly string[]): readonly string[] {
  if (ids.includes(name)) return [name];
  const wanted = splitNodeId(name);
  const values = cellParts(wanted.cell);
  return ids.filter((id) => {
    const { step, cell } = splitNodeId(id);
    const own = cellParts(cell);
    return step === wanted.step && values.every((value) => own.includes(value));
  });
}

/** `model=a,seed=1` -> `model=a`, `seed=1`; commas inside lists do not count. */
export function cellParts(cell: string): readonly string[] {
  return cell === '' ? [] : cell.split(/,(?=[A-Za-z][\w-]*=)/).map((part) => part.trim());
}

/** `where`: the option and pipeline, `--until hiden: effective-noise`. */
export function unknownStep(where: string, name: string, ids: readonly string[]): UserError {
  const { step, cell } = splitNodeId(name);
  const steps = [...new Set(ids.map((id) => splitNodeId(id).step))];
  const cells = ids.filter((id) => splitNodeId(id).step === step).map((id) => splitNodeId(id).cell);
  if (cells.some((own) => own !== '')) return new UserError(`${where} has no ${step} in the cell ${cell} (its cells are ${listed(cells)})`);
  if (cells.length > 0) return new UserError(`${where} has ${step} once for all cells: leave out [${cell}]`);
  const nearest = nearestName(step, steps);
  return new UserError(
    `${where} has no such step${nearest === undefined ? '' : `: did you mean ${nearest}?`} (its steps are ${listed(steps)})`,
  );
}

const MOST_LISTED = 20;

function listed(names: readonly string[]): string {
  const more = names.length > MOST_LISTED ? ` and ${names.length - MOST_LISTED} more` : '';
  return `${names.slice(0, MOST_LISTED).join(', ')}${more}`;
}
