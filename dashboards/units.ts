// The units of a run, step by step: where each lies on its step's axes and which objects it made. This is what a mark on the
// page leads to.
import type { Digest } from '../artifacts/digest.ts';
import { decodeIndex } from '../artifacts/index-artifact.ts';
import type { RunRecord } from '../artifacts/run-record.ts';
import type { Store } from '../artifacts/store.ts';
import type { DashboardData } from './data.ts';

export interface RunUnit {
  readonly coordinates: Readonly<Record<string, number | string>>;
  /** Digest of each output; null where the unit is missing. */
  readonly outputs: Readonly<Record<string, string>> | null;
}

export interface NodeUnits {
  readonly node: string;
  readonly units: readonly RunUnit[];
}

/** From the indexes of the steps that finished, with what is known of those that did not, in the record's order. */
export async function readUnits(store: Store, { nodes }: RunRecord, unfinished: readonly NodeUnits[]): Promise<readonly NodeUnits[]> {
  const read = await Promise.all(
    nodes.map(async ({ id, index }): Promise<NodeUnits | undefined> => {
      if (index === null) return unfinished.find(({ node }) => node === id);
      const bytes = await store.getObject(index as Digest);
      return bytes === undefined ? undefined : { node: id, units: decodeIndex(bytes).entries };
    }),
  );
  return read.filter((units) => units !== undefined);
}

/** Units without objects of the steps behind a section's table: cells that an unfinished run did not come to. */
export function missingUnits({ record, units = [] }: Pick<DashboardData, 'record' | 'units'>, section: string): readonly RunUnit[] {
  const table = record.nodes.find(({ id }) => id === record.sections[section]?.node);
  const read = new Set(Object.values(table?.inputs ?? {}).map(({ node }) => node));
  return units.filter(({ node }) => read.has(node)).flatMap((step) => step.units.filter(({ outputs }) => outputs === null));
}

/** As the page carries it: names once, then a row per unit of its coordinates and digests. */
export interface EmbeddedUnits {
  readonly axes: readonly string[];
  readonly outputs: readonly string[];
  readonly rows: readonly (readonly (number | string | null)[])[];
}

/** Beyond these, digests would be most of the page's bytes: of each its first digits, which `tstar cache get` takes too. */
const WHOLE_DIGESTS = 20_000;
const FIRST_DIGITS = 12;
/** Beyond these, coordinates alone would be: the largest steps are left out, and their marks lead to their table and its rows. */
const UNITS = 150_000;

export function embedUnits(all: readonly NodeUnits[]): Readonly<Record<string, EmbeddedUnits>> {
  const steps = withinUnits(all);
  const digits = countUnits(steps) > WHOLE_DIGESTS ? FIRST_DIGITS : undefined;
  return Object.fromEntries(
    steps.map(({ node, units }) => {
      const axes = [...new Set(units.flatMap(({ coordinates }) => Object.keys(coordinates)))];
      const outputs = [...new Set(units.flatMap((unit) => Object.keys(unit.outputs ?? {})))];
      const rows = units.map((unit) => [
        ...axes.map((axis) => unit.coordinates[axis] ?? null),
        ...outputs.map((output) => unit.outputs?.[output]?.slice(0, digits) ?? null),
      ]);
      return [node, { axes, outputs, rows }];
    }),
  );
}

/** The steps in their order, without the largest where they would be too many units. */
function withinUnits(steps: readonly NodeUnits[]): readonly NodeUnits[] {
  if (countUnits(steps) <= UNITS) return steps;
  const largest = steps.reduce((most, step) => (step.units.length > most.units.length ? step : most));
  return withinUnits(steps.filter((step) => step !== largest));
}

function countUnits(steps: readonly NodeUnits[]): number {
  return steps.reduce((sum, { units }) => sum + units.length, 0);
}
