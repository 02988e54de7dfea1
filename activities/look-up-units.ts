// The activity `lookUpUnits`: which units of a node are there, and shards of those that are not. A unit is there when its
// manifest is and every object that it names reads back whole; anything else is a miss and is computed again.
import pLimit from 'p-limit';
import { encodeIndex, type IndexEntry, makeIndex } from '../artifacts/index-artifact.ts';
import type { Manifest } from '../artifacts/manifest.ts';
import type { Store } from '../artifacts/store.ts';
import { type Coordinates, unitsOf } from '../pipelines/plan.ts';
import type { StepDefinition } from '../pipelines/step.ts';
import type { LookUpInput, LookUpResult } from '../workflows/messages.ts';
import { getIndexes, getPlan, planNode, putShardList } from './plan-store.ts';
import { unitKeys } from './unit-keys.ts';

/** Reads in flight: enough to keep a disk busy, far below the limit of open files. */
const CONCURRENT_READS = 32;
/** Warnings shown of one node: each text once, and no more than a screen. */
const MAX_WARNINGS = 20;

export async function lookUpUnits(
  { plan: planDigest, node: id, indexes: digests, force = false, run }: LookUpInput,
  { store, steps, beat }: { readonly store: Store; readonly steps: readonly StepDefinition[]; readonly beat: () => void },
): Promise<LookUpResult> {
  const node = planNode(await getPlan(store, planDigest), id);
  const keyAt = unitKeys(node, await getIndexes(store, node, digests));
  const places = [...unitsOf(node)];
  const limit = pLimit(CONCURRENT_READS);
  const found = await Promise.all(
    places.map((place) =>
      limit(async () => {
        beat();
        const manifest = await wholeManifest(store, keyAt(place).key);
        return manifest !== undefined && (!force || manifest.run === run) ? manifest : undefined;
      }),
    ),
  );
  const missing = places.filter((_, i) => found[i] === undefined);
  const hits = found.filter((manifest) => manifest !== undefined);
  const step = steps.find((candidate) => candidate.name === node.step);
  const shards = cutShards(missing, node.shardUnits);
  return {
    index: missing.length === 0 ? await putIndex(store, node.axes.map((axis) => axis.name), places, hits) : null,
    units: places.length,
    hits: hits.length,
    shards: missing.length === 0 ? null : await putShardList(store, { force, shards }),
    shardCount: shards.length,
    summary: missing.length === 0 ? '' : (step?.describe?.(missing) ?? `${missing.length} units`),
    warnings: [...new Set(hits.flatMap((manifest) => manifest.warnings))].slice(0, MAX_WARNINGS),
  };
}

/** The manifest of a key with all its objects there and whole, else undefined. */
export async function wholeManifest(store: Store, key: Parameters<Store['getManifest']>[0]): Promise<Manifest | undefined> {
  const manifest = await store.getManifest(key);
  if (manifest === undefined) return undefined;
  for (const { digest } of Object.values(manifest.outputs)) if ((await store.getObject(digest)) === undefined) return undefined;
  return manifest;
}

/** Cuts missing units, in their order, into shards of equal size: none is a small remainder. */
export function cutShards(units: readonly Coordinates[], shardUnits: number): readonly (readonly Coordinates[])[] {
  const count = Math.ceil(units.length / shardUnits);
  const size = Math.ceil(units.length / Math.max(count, 1));
  return Array.from({ length: count }, (_, i) => units.slice(i * size, (i + 1) * size)).filter((shard) => shard.length > 0);
}

async function putIndex(store: Store, axes: readonly string[], places: readonly Coordinates[], manifests: readonly Manifest[]): Promise<string> {
  const entries = places.map((coordinates, i): IndexEntry => {
    const outputs = Object.entries(manifests[i]!.outputs).map(([name, { digest }]) => [name, digest]);
    return { coordinates, outputs: Object.fromEntries(outputs) };
  });
  return store.putObject(encodeIndex(makeIndex(axes, entries)));
}
