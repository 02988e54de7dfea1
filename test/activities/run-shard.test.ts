// Shards that meet: two runs that need the same units at once compute each of them once; a unit whose holder dies is taken over.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { listOpener } from '../../activities/open-list.ts';
import { putPlan, putShardList } from '../../activities/plan-store.ts';
import { runShard } from '../../activities/run-shard.ts';
import type { Services } from '../../activities/services.ts';
import { unitKeys } from '../../activities/unit-keys.ts';
import { jsonType } from '../../artifacts/codecs.ts';
import type { Store } from '../../artifacts/store.ts';
import { openFolderStore } from '../../artifacts/stores/folder.ts';
import type { Plan, PlanNode } from '../../pipelines/plan.ts';
import { defineStep } from '../../pipelines/step.ts';
import type { ShardResult } from '../../workflows/messages.ts';

const computed: number[] = [];
const count = defineStep({
  name: 'count',
  version: 1,
  summary: 'Counts slowly',
  device: 'light',
  params: z.object({ values: z.array(z.number()) }),
  inputs: {},
  outputs: { number: jsonType('number', z.number(), 'a number') },
  axes: { value: { list: 'values' } },
  shardUnits: 100,
  async *run({ units, signal }) {
    for (const unit of units) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      signal.throwIfAborted();
      const value = unit.coordinates.value as number;
      computed.push(value);
      yield { unit, outputs: { number: value } };
    }
  },
});
const VALUES = Array.from({ length: 12 }, (_, value) => value);
const node: PlanNode = {
  id: 'counted',
  step: 'count',
  version: 1,
  activity: 'count',
  queue: 'tstar',
  params: { values: VALUES },
  identity: {},
  environment: null,
  inputs: {},
  outputs: ['number'],
  axes: [{ name: 'value', values: VALUES }],
  shardUnits: 100,
};

let folder: string;
let store: Store;
let plan: string;

beforeEach(async () => {
  computed.length = 0;
  folder = await mkdtemp(join(tmpdir(), 'tstar-shard-'));
  store = await openFolderStore(folder, { warn: () => undefined });
  const common = { format: 1, pipeline: 'p', description: '', params: {}, results: {}, views: [], warnings: [] } as const;
  plan = await putPlan(store, { ...common, nodes: [node], sources: { models: {}, datasets: {} }, store: store.id } satisfies Plan);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** One shard of these units as a worker runs it. */
async function shardOf(run: string, values: readonly number[], { force = false } = {}): Promise<() => Promise<ShardResult>> {
  const shards = await putShardList(store, { force, shards: [values.map((value) => ({ value }))] });
  const services = { store, log: () => undefined } as unknown as Services;
  const input = { plan, node: node.id, indexes: {}, shards, shard: 0, run };
  return () =>
    new MockActivityEnvironment().run(() =>
      runShard({ step: count, services, input, openList: listOpener(count, services), beat: () => undefined }),
    );
}

async function leases(): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.lease'));
}

it('computes units that two runs need at once only once', async () => {
  const [one, two] = await Promise.all([shardOf('one', VALUES), shardOf('two', VALUES.toReversed())]);
  const results = await Promise.all([one(), two()]);
  expect(computed.toSorted((a, b) => a - b)).toEqual(VALUES);
  expect(results.map(({ units }) => units)).toEqual([12, 12]);
  expect(results[0]!.computed + results[1]!.computed).toBe(12);
  expect(results[0]!.hits + results[1]!.hits).toBe(12);
  expect(await leases()).toEqual([]);
});

it('computes all of them in each run that is forced to', async () => {
  const [one, two] = await Promise.all([shardOf('one', VALUES, { force: true }), shardOf('two', VALUES, { force: true })]);
  await Promise.all([one(), two()]);
  expect(computed).toHaveLength(24);
});

it('waits for the units of another run and takes over those that it lets go', async () => {
  const { key } = unitKeys(node, new Map())({ value: 3 });
  expect(await store.takeLease(key, 'elsewhere.1.x')).toBe(true);
  const own = await shardOf('one', VALUES);
  const ended = own();
  await expect.poll(() => computed.length).toBe(11);
  expect(computed).not.toContain(3);
  await store.releaseLease(key, 'elsewhere.1.x');
  expect(await ended).toMatchObject({ units: 12, computed: 12 });
  expect(computed.at(-1)).toBe(3);
  expect(await leases()).toEqual([]);
});

it('lets go of its units when it is cancelled', async () => {
  const environment = new MockActivityEnvironment();
  const shards = await putShardList(store, { force: false, shards: [VALUES.map((value) => ({ value }))] });
  const input = { plan, node: node.id, indexes: {}, shards, shard: 0, run: 'one' };
  const services = { store, log: () => undefined } as unknown as Services;
  const ended = environment.run(() =>
    runShard({ step: count, services, input, openList: listOpener(count, services), beat: () => undefined }),
  );
  const failed = expect(ended).rejects.toThrow();
  await expect.poll(() => computed.length).toBeGreaterThan(2);
  environment.cancel();
  await failed;
  expect(await leases()).toEqual([]);
  expect(computed.length).toBeLessThan(12);
});

it('reads the plan and the shard list once for all shards of a worker', async () => {
  const reads: string[] = [];
  const read: Store['getObject'] = (digest) => {
    reads.push(digest);
    return store.getObject(digest);
  };
  const counting = { ...store, getObject: read };
  const services = { store: counting, log: () => undefined } as unknown as Services;
  const shards = await putShardList(store, { force: false, shards: VALUES.map((value) => [{ value }]) });
  const openList = listOpener(count, services);
  const results = await Promise.all(
    VALUES.map((shard) => {
      const input = { plan, node: node.id, indexes: {}, shards, shard, run: 'one' };
      return new MockActivityEnvironment().run(() => runShard({ step: count, services, input, openList, beat: () => undefined }));
    }),
  );
  expect(results.map((result) => (result as ShardResult).computed)).toEqual(VALUES.map(() => 1));
  expect([reads.filter((digest) => digest === plan), reads.filter((digest) => digest === shards)]).toEqual([[plan], [shards]]);
});
