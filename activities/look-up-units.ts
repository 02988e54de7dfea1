// The activity `lookUpUnits`: which units of a node are there, and shards of those that are not. A workflow asks before a
// node's shards run and again after: only when every unit reads back whole is there an index, and the node is done.
import { encodeIndex } from '../artifacts/index-artifact.ts';
import type { Store } from '../artifacts/store.ts';
import type { Coordinates } from '../pipelines/plan.ts';
import type { StepDefinition } from '../pipelines/step.ts';
import type { LookUpInput, LookUpResult } from '../workflows/messages.ts';
import { findUnits } from './find-units.ts';
import { getIndexes, getPlan, planNode, putShardList } from './plan-store.ts';
import { unitsPerShard } from './shard-size.ts';

/** Warnings shown of one node: each text once, and no more than a screen. */
const MAX_WARNINGS = 20;

export interface LookUpOptions {
  readonly store: Store;
  readonly steps: readonly StepDefinition[];
}

export async function lookUpUnits(input: LookUpInput, { store, steps }: LookUpOptions): Promise<LookUpResult> {
  const force = input.force ?? false;
  const node = planNode(await getPlan(store, input.plan), input.node);
  const indexes = await getIndexes(store, node, input.indexes);
  const { hits, missing, index } = await findUnits(store, node, indexes, { onlyRun: force ? input.run : undefined });
  const step = steps.find((candidate) => candidate.name === node.step);
  // One unit makes one shard, whatever it costs.
  const size = missing.length > 1 ? await unitsPerShard({ step, node, hits, manifests: store.listManifests() }) : 1;
  const shards = cutShards(missing, Math.min(size, input.shardUnits ?? size));
  return {
    index: index === null ? null : await store.putObject(encodeIndex(index)),
    units: hits.length + missing.length,
    hits: hits.length,
    shards: shards.length === 0 ? null : await putShardList(store, { force, shards }),
    shardCount: shards.length,
    summary: missing.length === 0 ? '' : (step?.describe?.(missing) ?? `${missing.length} units`),
    warnings: [...new Set(hits.flatMap((manifest) => manifest.warnings))].slice(0, MAX_WARNINGS),
  };
}

/** Cuts missing units, in their order, into shards of nearly equal size: none is a small remainder. */
export function cutShards(units: readonly Coordinates[], shardUnits: number): readonly (readonly Coordinates[])[] {
  const size = Math.ceil(units.length / Math.max(1, Math.ceil(units.length / shardUnits)));
  return Array.from({ length: size === 0 ? 0 : Math.ceil(units.length / size) }, (_, i) => units.slice(i * size, (i + 1) * size));
}
