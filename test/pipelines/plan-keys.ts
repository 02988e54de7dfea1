// The keys of a plan's units by node, through the function that planner and worker use. Nothing runs: every output's digest is
// made of its unit's key, so that a changed key reaches everything below it.
import { unitKeys } from '../../activities/unit-keys.ts';
import { digestOf } from '../../artifacts/digest.ts';
import { type Index, makeIndex } from '../../artifacts/index-artifact.ts';
import { type Plan, unitsOf } from '../../pipelines/plan.ts';

export type Keys = ReadonlyMap<string, ReadonlySet<string>>;

export function keysOfPlan(plan: Plan): Keys {
  const indexes = new Map<string, Index>();
  const keys = new Map<string, ReadonlySet<string>>();
  for (const node of plan.nodes) {
    const keyAt = unitKeys(node, indexes);
    const units = [...unitsOf(node)].map((coordinates) => ({ coordinates, key: keyAt(coordinates).key }));
    keys.set(node.id, new Set(units.map(({ key }) => key)));
    const entries = units.map(({ coordinates, key }) => ({
      coordinates,
      outputs: Object.fromEntries(node.outputs.map((output) => [output, digestOf(`${key} ${output}`)])),
    }));
    indexes.set(
      node.id,
      makeIndex(
        node.axes.map(({ name }) => name),
        entries,
      ),
    );
  }
  return keys;
}
