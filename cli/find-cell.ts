// `--cell` of commands that show a run: one cell of its matrix, as the record of a run of its own.
import { cellsOfRun } from '../artifacts/cell-record.ts';
import type { RunRecord } from '../artifacts/run-record.ts';
import { UserError } from '../formats/user-error.ts';
import { nearestName } from '../pipelines/nearest-name.ts';
import { cellParts } from './match-nodes.ts';

/** The cell with these values (`seed=1,model=a`; those that only one cell has are enough), or the run where none is named. */
export function findCell(record: RunRecord, values: string | undefined): { readonly record: RunRecord; readonly name?: string } {
  if (values === undefined) return { record };
  const cells = cellsOfRun(record);
  if (cells.length === 0) throw new UserError(`--cell ${values}: ${record.run} has no matrix, and so no cells: leave --cell out`);
  const found = cells.filter(({ name }) => cellParts(values).every((value) => cellParts(name).includes(value)));
  if (found.length === 1) return found[0]!;
  const names = (found.length === 0 ? cells : found).map(({ name }) => name);
  const nearest = found.length === 0 ? nearestName(values, names) : undefined;
  const what = found.length === 0 ? 'there is no such cell' : `${found.length} cells have these values`;
  throw new UserError(
    `--cell ${values}: ${what}${nearest === undefined ? '' : `; did you mean ${nearest}?`} (cells: ${names.slice(0, 20).join('; ')})`,
  );
}
