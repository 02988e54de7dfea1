// How many missing units one shard takes: about 30 s of them by what they cost before, as the store's manifests say, and the
// step's own number where nothing was recorded. Results do not depend on it: units are cached, shards are transport.
import type { Manifest, UnitRecord } from '../artifacts/manifest.ts';
import type { PlanNode } from '../pipelines/plan.ts';
import type { StepDefinition } from '../pipelines/step.ts';
import { unitPrice } from './unit-price.ts';

const SHARD_SECONDS = 30;
/** Above the step's own number: a shard's units are looked up, leased and handed over at once. */
const MAX_TIMES_OWN = 10;
/** Manifests that are read for a price. A store lists them in the order of their hashes, so the first are a fair sample. */
const MAX_SAMPLES = 2000;

export interface ShardSizeRequest {
  readonly step: StepDefinition | undefined;
  readonly node: PlanNode;
  /** Units of the node that are there: they say what the others will cost. */
  readonly hits: readonly UnitRecord[];
  /** What the store holds, in its order; read no further than a price needs. */
  readonly manifests: AsyncIterable<Manifest> | Iterable<UnitRecord>;
}

/** At least 1. A batch of the step stays whole whatever it costs. */
export async function unitsPerShard({ step, node, hits, manifests }: ShardSizeRequest): Promise<number> {
  if (step?.shardsAre === 'batches') return node.shardUnits;
  const price = unitPrice(node, hits) ?? unitPrice(node, await sample(manifests));
  return price === undefined ? node.shardUnits : unitsWithin(price.seconds.median, node.shardUnits);
}

/** As many units of `seconds` each as 30 s hold. */
export function unitsWithin(seconds: number, ownUnits: number): number {
  const most = ownUnits * MAX_TIMES_OWN;
  return seconds === 0 ? most : Math.min(most, Math.max(1, Math.round(SHARD_SECONDS / seconds)));
}

/** The first manifests of a store, enough for a price. */
export async function sample(manifests: ShardSizeRequest['manifests']): Promise<readonly UnitRecord[]> {
  const first: UnitRecord[] = [];
  for await (const manifest of manifests) {
    first.push(manifest);
    if (first.length === MAX_SAMPLES) break;
  }
  return first;
}
