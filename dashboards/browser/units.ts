// Finds the units that a mark stands for: by its step, or as what the table behind its figure was made from.
import type { NodeRecord } from '../../artifacts/run-record.ts';
import type { EmbeddedRun } from '../embedded.ts';

export interface FoundUnit {
  readonly node: string;
  /** `noise=0.1,prompt=3`, as --cell takes it. */
  readonly cell: string;
  /** Digest of each output; null where the unit is missing. */
  readonly outputs: readonly (readonly [string, string])[] | null;
}

/** Where a mark lies: the values of its data attributes by axis. */
export type Place = Readonly<Record<string, string | undefined>>;

/** Units of a step that lie at the place, as far as the two have axes in common. */
export function unitsAt({ units }: EmbeddedRun, node: string, place: Place): readonly FoundUnit[] {
  const { axes = [], outputs = [], rows = [] } = units[node] ?? {};
  const wanted = axes.map((axis) => place[axis]);
  return rows
    .filter((row) => wanted.every((value, i) => value === undefined || String(row[i]) === value))
    .map((row) => {
      const digests = outputs.map((name, i) => [name, row[axes.length + i]] as const);
      return {
        node,
        cell: axes.map((axis, i) => `${axis}=${row[i]}`).join(','),
        outputs: digests.every(([, digest]) => digest === null) ? null : (digests as [string, string][]),
      };
    });
}

/** What the table of a step was made from at that place: units of the steps that it reads which have an axis of the place. */
export function sourceUnits(run: EmbeddedRun, table: NodeRecord, place: Place): readonly FoundUnit[] {
  const read = [...new Set(Object.values(table.inputs).map(({ node }) => node))];
  return read
    .filter((node) => run.units[node]?.axes.some((axis) => place[axis] !== undefined))
    .flatMap((node) => unitsAt(run, node, place));
}
