// What all shards of a list share: the node, the indexes that it reads, keys, the list itself. A worker reads it once and not
// for every shard: each part grows with the number of units, and 100,000 shards that read 100,000 places each never end.
import type { PlanNode } from '../pipelines/plan.ts';
import type { Sources } from '../pipelines/sources.ts';
import type { StepDefinition } from '../pipelines/step.ts';
import type { ShardInput } from '../workflows/messages.ts';
import { getIndexes, getPlan, getShardList, planNode, type ShardList } from './plan-store.ts';
import type { Services } from './services.ts';
import { refuseOtherEnvironment } from './unit-call.ts';
import { type Indexes, unitKeys } from './unit-keys.ts';

export interface OpenList {
  readonly node: PlanNode;
  readonly sources: Sources;
  readonly indexes: Indexes;
  readonly list: ShardList;
  readonly keyAt: ReturnType<typeof unitKeys>;
}

/** Lists of one step that a worker has shards of at the same time: those of runs, or of a matrix, beside each other. */
const KEPT_LISTS = 4;

/** Opens lists of a step. All that they are made of is named by digests, so what was read once stays true. */
export function listOpener(step: StepDefinition, { store }: Pick<Services, 'store'>): (input: ShardInput) => Promise<OpenList> {
  const kept = new Map<string, Promise<OpenList>>();
  return (input) => {
    const { plan, node, indexes, shards } = input;
    const name = JSON.stringify([plan, node, shards, ...Object.entries(indexes).flat()]);
    const opened = kept.get(name) ?? openList(step, store, input);
    // The one used last stands last.
    kept.delete(name);
    kept.set(name, opened);
    opened.catch(() => kept.delete(name));
    for (const oldest of kept.keys()) if (kept.size > KEPT_LISTS) kept.delete(oldest);
    return opened;
  };
}

async function openList(step: StepDefinition, store: Services['store'], input: ShardInput): Promise<OpenList> {
  const plan = await getPlan(store, input.plan);
  const node = planNode(plan, input.node);
  const sources = plan.sources as unknown as Sources;
  refuseOtherEnvironment(step, node, sources);
  const indexes = await getIndexes(store, node, input.indexes);
  return { node, sources, indexes, list: await getShardList(store, input.shards), keyAt: unitKeys(node, indexes) };
}
