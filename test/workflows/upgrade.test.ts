// A run that was begun before an upgrade of the code finishes after it: with workers of both versions, one after the other, and
// a step that takes a while when the first is stopped.
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findBundle } from '../../temporal/bundle.ts';
import { sleepMs } from '../../temporal/ports.ts';
import { installRuntime } from '../../temporal/runtime.ts';
import { startRun } from '../../temporal/start-run.ts';
import { waitForRun } from '../../temporal/watch-run.ts';
import { type RunningWorker, startWorker } from '../../temporal/worker.ts';
import { type DevServer, startDevServer } from '../temporal/dev-server.ts';
import { fakeWorld } from './fake-activities.ts';
import { savedHistory, savedNames } from './histories.ts';

let announced = 0;
const world = fakeWorld({
  few: [
    { id: 'questions', units: 1 },
    { id: 'shards', after: ['questions'], units: 30, before: () => sleepMs(50) },
    { id: 'table', after: ['shards'], units: 1 },
  ],
  // More than a child takes: the run's first child is under way when its worker is stopped.
  many: [
    { id: 'shards', units: 320, before: () => sleepMs(5) },
    { id: 'table', after: ['shards'], units: 1 },
  ],
  later: [{ id: 'shards', units: 30, before: () => sleepMs(50) }],
});
const activities = { ...world.activities, announce: async () => void announced++ };

type Version = 'first' | 'today' | 'next';
let bundles: { readonly [version in Version]: WorkflowBundleOption };
let dev: DevServer;
const workers: RunningWorker[] = [];

beforeAll(async () => {
  installRuntime(() => undefined);
  const bundle = (path: string) =>
    bundleWorkflowCode({ workflowsPath: join(import.meta.dirname, path), logger: new DefaultLogger('WARN') });
  bundles = {
    first: await bundle('../fixtures/first-workflows.mjs'),
    today: await findBundle(),
    next: await bundle('next-version.ts'),
  };
  dev = await startDevServer();
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  await dev?.stop();
});

async function startVersion(version: Version): Promise<RunningWorker> {
  const setup = { connection: dev.server.target, queues: ['tstar'], activities, log: () => undefined } as const;
  const worker = await startWorker({ ...setup, workflowBundle: bundles[version] });
  workers.push(worker);
  return worker;
}

/** Starts a run with one version and ends it with another; the shards of `shards` that had begun before the change. */
async function runAcross(workflowType: string, before: Version, after: Version): Promise<{ readonly run: string; readonly early: number }> {
  const first = await startVersion(before);
  const { run } = await startRun(dev.open, { workflowType, input: {}, options: { concurrency: 4 } });
  const begun = () => shardsOf(run).length;
  await expect.poll(begun, { timeout: 20_000 }).toBeGreaterThan(8);
  await first.stop();
  const early = begun();
  const second = await startVersion(after);
  expect(await waitForRun(dev.open, run)).toMatchObject({ status: 'done', result: { run, status: 'done', warnings: [] } });
  await second.stop();
  return { run, early };
}

const shardsOf = (run: string) => world.shards.filter((shard) => shard.run === run && shard.node === 'shards');

test.each([
  ['few', 30],
  ['many', 320],
])('a run that the first version began is finished by this one: %s', async (pipeline, shards) => {
  const { run, early } = await runAcross(pipeline, 'first', 'today');
  expect(early).toBeLessThan(shards);
  expect(
    shardsOf(run)
      .map(({ shard }) => shard)
      .toSorted((a, b) => a - b),
  ).toEqual(Array.from({ length: shards }, (_, shard) => shard));
  const record = world.finished.at(-1)!;
  const units = record.nodes.find(({ id }) => id === 'shards')!;
  expect([record.run, units.units, units.hit, units.computed]).toEqual([run, shards, 0, shards]);
});

test('a changed workflow that asks whether it is patched finishes the runs of before, and does the new thing in new ones', async () => {
  await runAcross('later', 'today', 'next');
  expect(announced).toBe(0);
  const next = await startVersion('next');
  const { run } = await startRun(dev.open, { workflowType: 'few', input: { new: true } });
  expect((await waitForRun(dev.open, run)).status).toBe('done');
  expect(announced).toBe(1);
  await next.stop();
});

test('such a change replays every saved history; code that takes another path does not', async () => {
  const failures = async (workflowBundle: WorkflowBundleOption, names: readonly string[]): Promise<string[]> => {
    const failed: string[] = [];
    const results = Worker.runReplayHistories({ workflowBundle }, names.map(savedHistory));
    for await (const { error } of results) if (error !== undefined) failed.push(error.message);
    return failed;
  };
  expect(await failures(bundles.next, savedNames())).toEqual([]);
  // The first version did not know how to make again what a store has lost.
  expect(await failures(bundles.first, ['lossy'])).toEqual([expect.stringContaining('transition is invalid')]);
});
