// A worker's end: what it checks at start, what happens to work under way when it stops, dies, or loses its parent.
import { spawn } from 'node:child_process';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findBundle } from '../../temporal/bundle.ts';
import { sleepMs } from '../../temporal/ports.ts';
import { startRun } from '../../temporal/start-run.ts';
import { waitForRun } from '../../temporal/watch-run.ts';
import { startWorker, type WorkerSetup } from '../../temporal/worker.ts';
import { endless, type FakeWorld, fakeWorld } from '../workflows/fake-activities.ts';
import { type DevServer, startDevServer } from './dev-server.ts';

let dev: DevServer;
let workflowBundle: WorkflowBundleOption;
beforeAll(async () => {
  dev = await startDevServer();
  workflowBundle = await findBundle();
});
afterAll(() => dev?.stop());

const setup = (world: FakeWorld, more: Partial<WorkerSetup> = {}): WorkerSetup => ({
  connection: dev.server.target,
  queues: ['tstar', 'tstar-cpu'],
  activities: world.activities,
  log: () => undefined,
  workflowBundle,
  ...more,
});

test('a worker that lacks an activity of its queues does not start', async () => {
  const world = fakeWorld({});
  await expect(startWorker(setup(world, { activityTypes: ['fakeStep', 'captureHidden'] }))).rejects.toThrow('must serve captureHidden');
  await expect(startWorker(setup(world, { queues: ['tstar'], activities: {} }))).rejects.toThrow(
    'must serve planPipeline, lookUpUnits, finishRun',
  );
  await expect(startWorker(setup(world, { queues: [] }))).rejects.toThrow('needs at least one queue');
});

test('a stopped worker finishes what fits into its grace, and another goes on with the run', async () => {
  const world = fakeWorld({ steady: [{ id: 'shards', units: 6, queue: 'tstar-cpu', before: () => sleepMs(300) }] });
  const first = await startWorker(setup(world));
  const { run } = await startRun(dev.open, { workflowType: 'steady', input: {} });
  await expect.poll(() => world.shards.length, { timeout: 60_000 }).toBe(2);
  await first.stop();
  expect(world.inFlight).toBe(0);
  const second = await startWorker(setup(world));
  expect((await waitForRun(dev.open, run)).status).toBe('done');
  // Nothing was handed out twice: what was under way was finished.
  expect(new Set(world.shards.map(({ shard }) => shard)).size).toBe(world.shards.length);
  expect(world.mostInFlight).toBe(1);
  await second.stop();
});

test('a shard that does not end within the grace is handed back and run again elsewhere', async () => {
  let attempts = 0;
  const hangOnce = async (_: number, attempt: number): Promise<void> => {
    attempts++;
    if (attempt === 1) await endless(() => undefined)();
  };
  const world = fakeWorld({
    stubborn: [{ id: 'shard', units: 1, before: hangOnce }],
  });
  const stop = new AbortController();
  const first = await startWorker(setup(world, { signal: stop.signal, graceMs: 300 }));
  const { run } = await startRun(dev.open, { workflowType: 'stubborn', input: {} });
  await expect.poll(() => attempts, { timeout: 60_000 }).toBe(1);
  stop.abort();
  await first.done;
  const second = await startWorker(setup(world));
  expect((await waitForRun(dev.open, run)).status).toBe('done');
  expect(attempts).toBe(2);
  await second.stop();
});

test('it ends when its parent is gone', async () => {
  const parent = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
  const worker = await startWorker(setup(fakeWorld({}), { parentPid: parent.pid! }));
  parent.kill('SIGKILL');
  await worker.done;
});

test('one that is told to stop when its server is gone stops, and says that it could not hand back what was under way', async () => {
  const own = await startDevServer();
  const said: string[] = [];
  let started = 0;
  const deaf = async (): Promise<void> => {
    started++;
    await new Promise(() => undefined);
  };
  const world = fakeWorld({ deaf: [{ id: 'shard', units: 1, before: deaf }] });
  const worker = await startWorker(setup(world, { connection: own.server.target, graceMs: 100, log: (line) => said.push(line) }));
  await startRun(own.open, { workflowType: 'deaf', input: {} });
  await expect.poll(() => started, { timeout: 60_000 }).toBe(1);
  await own.stop();
  await worker.stop();
  expect(said.at(-1)).toContain('work under way that it could not hand back');
});
