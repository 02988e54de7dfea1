// Which units of a node are in the store. Reads only: the planner (`tstar plan`) and the activity `lookUpUnits` share it.
import { type Index, type IndexEntry, makeIndex } from '../artifacts/index-artifact.ts';
import { type Manifest, type UnitRecord, unitRecord } from '../artifacts/manifest.ts';
import type { Store } from '../artifacts/store.ts';
import { type Coordinates, type PlanNode, unitsOf } from '../pipelines/plan.ts';
import { type Indexes, unitKeys } from './unit-keys.ts';

/** Reads in flight: enough to keep a disk busy, far below the limit of open files. */
const CONCURRENT_READS = 32;

export interface FoundUnits {
  readonly hits: readonly UnitRecord[];
  readonly missing: readonly Coordinates[];
  /** The node's output index, where nothing is missing. */
  readonly index: Index | null;
}

export interface FindOptions {
  /** Units of this run alone count as there (`--force`). */
  readonly onlyRun?: string | undefined;
}

export async function findUnits(store: Store, node: PlanNode, indexes: Indexes, { onlyRun }: FindOptions = {}): Promise<FoundUnits> {
  const keyAt = unitKeys(node, indexes);
  const places = [...unitsOf(node)];
  const found: (UnitRecord | undefined)[] = places.map(() => undefined);
  let next = 0;
  // So many readers, not a promise for every unit: of 100,000 they would fill the memory.
  const readOn = async (): Promise<void> => {
    for (let i = next++; i < places.length; i = next++) {
      const manifest = await wholeManifest(store, keyAt(places[i]!).key);
      if (manifest !== undefined && (onlyRun === undefined || manifest.run === onlyRun)) found[i] = unitRecord(manifest);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT_READS }, readOn));
  const hits = found.filter((record) => record !== undefined);
  const missing = places.filter((_, i) => found[i] === undefined);
  return { hits, missing, index: missing.length === 0 ? indexOf(node, places, hits) : null };
}

/** The manifest of a key with all its objects there and whole, else undefined: a missing or corrupt object makes a miss. */
export async function wholeManifest(store: Store, key: Manifest['key']): Promise<Manifest | undefined> {
  const manifest = await store.getManifest(key);
  if (manifest === undefined) return undefined;
  for (const { digest } of Object.values(manifest.outputs)) if ((await store.getObject(digest)) === undefined) return undefined;
  return manifest;
}

function indexOf(node: PlanNode, places: readonly Coordinates[], manifests: readonly UnitRecord[]): Index {
  const entries = places.map((coordinates, i): IndexEntry => {
    const outputs = Object.entries(manifests[i]!.outputs).map(([name, { digest }]) => [name, digest]);
    return { coordinates, outputs: Object.fromEntries(outputs) };
  });
  return makeIndex(
    node.axes.map((axis) => axis.name),
    entries,
  );
}
