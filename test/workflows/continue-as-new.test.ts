// A run whose history is long enough goes on in a new execution: no shard is run twice, no step is looked up for nothing, and
// what was counted is carried over. The server's limit is made small for it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sleepMs } from '../../temporal/ports.ts';
import { startRun } from '../../temporal/start-run.ts';
import { waitForRun } from '../../temporal/watch-run.ts';
import { type RunningWorker, startWorker } from '../../temporal/worker.ts';
import { type DevServer, startDevServer } from '../temporal/dev-server.ts';
import { fakeWorld } from './fake-activities.ts';
import { saveHistory } from './histories.ts';

const world = fakeWorld({
  long: [
    { id: 'first', units: 60, before: () => sleepMs(5) },
    { id: 'beside', units: 30 },
    { id: 'last', after: ['first', 'beside'], units: 40 },
  ],
});
let dev: DevServer;
let worker: RunningWorker;

beforeAll(async () => {
  dev = await startDevServer(['limit.historyCount.suggestContinueAsNew=120']);
  worker = await startWorker({ connection: dev.server.target, queues: ['tstar'], activities: world.activities, log: () => undefined });
});
afterAll(async () => {
  await worker?.stop();
  await dev?.stop();
});

test('a long run continues as new and loses nothing', async () => {
  const { run, temporalRunId } = await startRun(dev.open, { workflowType: 'long', input: { a: 1 }, options: { force: ['first'] } });
  expect((await waitForRun(dev.open, run)).status).toBe('done');
  const count = (node: string) => world.shards.filter((shard) => shard.node === node).length;
  expect([count('first'), count('beside'), count('last')]).toEqual([60, 30, 40]);
  expect(new Set(world.shards.map((shard) => `${shard.node} ${shard.shard}`)).size).toBe(130);
  expect(world.lookUps.map(({ node }) => node).toSorted()).toEqual(['beside', 'beside', 'first', 'first', 'last', 'last']);
  expect(world.planned).toHaveLength(1);
  const record = world.finished.at(-1)!;
  expect(record.nodes.map(({ computed, shards }) => [computed, shards.length])).toEqual([
    [60, 60],
    [30, 30],
    [40, 40],
  ]);
  expect(record.temporalRunId).not.toBe(temporalRunId);
  await saveHistory(dev.open.client.workflow.getHandle(run, temporalRunId), 'continued');
  await saveHistory(dev.open.client.workflow.getHandle(run), 'continuation');
});
