// Plans, indexes and shard lists lie in the store as objects; workflows carry their digests. Reading them back, with the
// checks that make a foreign store or a damaged object one clear line.
import { canonicalJsonBytes } from '../artifacts/canonical-json.ts';
import { type Digest, digestSchema } from '../artifacts/digest.ts';
import { decodeIndex, type Index } from '../artifacts/index-artifact.ts';
import type { Store } from '../artifacts/store.ts';
import { UserError } from '../formats/user-error.ts';
import type { Coordinates, Plan, PlanNode } from '../pipelines/plan.ts';
import type { Lost } from '../workflows/messages.ts';
import { LostError } from './lost-error.ts';
import type { Indexes } from './unit-keys.ts';

/** The units that one look-up found missing, cut into shards. */
export interface ShardList {
  /** Units of this run count as there, those of others do not (`--force`). */
  readonly force: boolean;
  readonly shards: readonly (readonly Coordinates[])[];
}

export async function putPlan(store: Store, plan: Plan): Promise<Digest> {
  return store.putObject(canonicalJsonBytes(plan));
}

/** Reads a plan; a worker whose store is not the plan's refuses. */
export async function getPlan(store: Store, digest: string): Promise<Plan> {
  const plan = await readJson<Plan>(store, digest, { what: `the plan ${digest}`, plan: true, nodes: [] });
  if (plan.store !== store.id)
    throw new UserError(
      `the run's plan belongs to store ${plan.store}, this worker has ${store.id} (${store.location}): start the worker where the run was started, or give both the same store`,
    );
  return plan;
}

export function planNode(plan: Plan, id: string): PlanNode {
  const node = plan.nodes.find((candidate) => candidate.id === id);
  if (node === undefined) throw new Error(`the plan has no node ${id}`);
  return node;
}

export async function putShardList(store: Store, list: ShardList): Promise<Digest> {
  return store.putObject(canonicalJsonBytes(list));
}

export async function getShardList(store: Store, digest: string): Promise<ShardList> {
  return readJson<ShardList>(store, digest, { what: `the shard list ${digest}`, plan: false, nodes: [] });
}

/** The indexes of the nodes that `node` reads, from the digests that the workflow carries. */
export async function getIndexes(store: Store, node: PlanNode, digests: { readonly [node: string]: string }): Promise<Indexes> {
  const ids = [...new Set(Object.values(node.inputs).map((input) => input.node))];
  return new Map(await Promise.all(ids.map(async (id): Promise<[string, Index]> => [id, await getIndex(store, digests[id] ?? '', id)])));
}

/** The index of a node's units. */
export async function getIndex(store: Store, digest: string, node: string): Promise<Index> {
  return decodeIndex(await readObject(store, digest, { what: `the index of ${node}`, plan: false, nodes: [node] }));
}

async function readJson<T>(store: Store, digest: string, lost: Lost): Promise<T> {
  // Written by this program as canonical JSON and verified by its digest: the shape needs no second check.
  return JSON.parse(new TextDecoder().decode(await readObject(store, digest, lost))) as T;
}

async function readObject(store: Store, digest: string, lost: Lost): Promise<Uint8Array> {
  const bytes = await store.getObject(digestSchema.parse(digest));
  if (bytes === undefined) throw new LostError(lost);
  return bytes;
}
