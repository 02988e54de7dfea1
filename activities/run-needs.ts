// What runs need of the store, for the garbage collection: their plans and indexes, and every unit that their plans name and
// that is there, found through the one key function. Of an unfinished run that is what it would hit if it went on now.

import { type CacheKey, type Digest, digestOf, digestSchema } from '../artifacts/digest.ts';
import type { Needs } from '../artifacts/gc.ts';
import { encodeIndex, type Index } from '../artifacts/index-artifact.ts';
import { listRuns, listUnfinishedRuns, listUnreadableRuns } from '../artifacts/run-index.ts';
import type { Store } from '../artifacts/store.ts';
import { TransientError, UserError } from '../formats/user-error.ts';
import type { Plan } from '../pipelines/plan.ts';
import { findUnits } from './find-units.ts';
import { getIndex, getPlan } from './plan-store.ts';

export interface KeptRuns {
  readonly needs: Needs;
  /** Finished runs that are kept, the latest first. */
  readonly finished: readonly string[];
  readonly unfinished: readonly string[];
}

/** A run as its documents name it: its plan, and the indexes of the nodes that it finished. */
interface NamedRun {
  readonly run: string;
  readonly plan: string;
  readonly indexes: ReadonlyMap<string, string>;
}

/** The newest `keepRuns` runs with a record, and all without one. */
export async function neededByRuns(store: Store, keepRuns: number, warn: (message: string) => void): Promise<KeptRuns> {
  const needs = { keys: new Set<CacheKey>(), objects: new Set<Digest>() };
  const finished = (await listRuns(store, warn)).slice(0, keepRuns);
  for (const { run, plan, nodes } of finished) {
    const indexes = new Map(nodes.flatMap(({ id, index }) => (index === null ? [] : [[id, index] as const])));
    await addNeeds(store, { run, plan, indexes }, needs, warn);
  }
  const unfinished = new Set<string>();
  // Runs that start meanwhile are listed too: walking a large store takes a while.
  for (;;) {
    const started = (await listUnfinishedRuns(store)).filter(({ run }) => !unfinished.has(run));
    if (started.length === 0) break;
    for (const { run, plan } of started) {
      unfinished.add(run);
      await addNeeds(store, { run, plan, indexes: new Map() }, needs, warn);
    }
  }
  const unreadable = new Set(await listUnreadableRuns(store));
  for (const run of unreadable)
    warn(
      `run ${run}: neither its record nor its mark can be read; the units that it made are kept (remove its folder below runs to give them up)`,
    );
  await keepOwnUnits(store, unreadable, needs.keys);
  return { needs, finished: finished.map(({ run }) => run), unfinished: [...unfinished] };
}

async function addNeeds(
  store: Store,
  { run, plan: planDigest, indexes: recorded }: NamedRun,
  { keys, objects }: { readonly keys: Set<CacheKey>; readonly objects: Set<Digest> },
  warn: (message: string) => void,
): Promise<void> {
  const indexes = new Map<string, Index>();
  for (const [id, digest] of recorded) {
    objects.add(digestSchema.parse(digest));
    const index = await orWarn(() => getIndex(store, digest, id), warn);
    if (index === undefined) continue;
    indexes.set(id, index);
    for (const { outputs } of index.entries) for (const object of Object.values(outputs)) objects.add(object);
  }
  // A run that failed before it was planned has none.
  if (planDigest === '') return;
  objects.add(digestSchema.parse(planDigest));
  const plan = await orWarn(() => getPlan(store, planDigest), warn);
  if (plan === undefined) return keepOwnUnits(store, new Set([run]), keys);
  for (const node of plan.nodes) await addUnits(store, node, indexes, { keys, objects });
}

async function addUnits(
  store: Store,
  node: Plan['nodes'][number],
  indexes: Map<string, Index>,
  { keys, objects }: { readonly keys: Set<CacheKey>; readonly objects: Set<Digest> },
): Promise<void> {
  if (Object.values(node.inputs).some((input) => !indexes.has(input.node))) return;
  const { hits, index } = await findUnits(store, node, indexes);
  for (const { key } of hits) keys.add(key);
  if (index === null || indexes.has(node.id)) return;
  objects.add(digestOf(encodeIndex(index)));
  indexes.set(node.id, index);
}

/** Where the plan is lost, only the manifests still tell which units a run made. */
async function keepOwnUnits(store: Store, runs: ReadonlySet<string>, keys: Set<CacheKey>): Promise<void> {
  if (runs.size === 0) return;
  for await (const manifest of store.listManifests()) if (runs.has(manifest.run)) keys.add(manifest.key);
}

/** What is lost or of another store must not keep the rest from being collected. */
async function orWarn<T>(read: () => Promise<T>, warn: (message: string) => void): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof TransientError || error instanceof UserError)) throw error;
    warn(error.message);
    return undefined;
  }
}
