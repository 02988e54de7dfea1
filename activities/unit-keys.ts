// The keys of a node's units, once the indexes of the nodes that it reads are known. The planner (`tstar plan`), the look-up
// and the shard activities all come here, so that what is planned and what is run cannot differ.
import type { Digest } from '../artifacts/digest.ts';
import { type Index, indexLookUp, outputIndexDigest } from '../artifacts/index-artifact.ts';
import { type UnitKey, unitKey } from '../artifacts/key.ts';
import type { Coordinates, PlanNode } from '../pipelines/plan.ts';

/** Indexes of finished nodes by node id. */
export type Indexes = ReadonlyMap<string, Index>;

/** A function from a unit's coordinates to its key; throws where an index lacks what the unit reads (a bug in the plan). */
export function unitKeys(node: PlanNode, indexes: Indexes): (place: Coordinates) => UnitKey {
  const readers = Object.entries(node.inputs).map(([input, { node: from, output, reads }]) => {
    const index = indexes.get(from);
    if (index === undefined) throw new Error(`${node.id} reads ${from}, whose index is not known yet`);
    if (reads === 'all') {
      const digest = outputIndexDigest(index, output);
      return [input, () => digest] as const;
    }
    const find = indexLookUp(index);
    return [input, (place: Coordinates) => outputAt(find(place)?.outputs[output], `${from}.${output}`, place)] as const;
  });
  const { step, version, identity, environment } = node;
  return (coordinates) =>
    unitKey({
      step,
      version,
      identity,
      coordinates,
      inputs: Object.fromEntries(readers.map(([input, read]) => [input, read(coordinates)])),
      environment,
    });
}

function outputAt(digest: Digest | undefined, from: string, place: Coordinates): Digest {
  if (digest === undefined) throw new Error(`${from} has no unit for ${JSON.stringify(place)}`);
  return digest;
}
