// Starting, attaching to, watching, listing and cancelling runs, against a real dev server.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cancelRun, type ListedRun, listRuns, type RunFilter } from '../../temporal/list-runs.ts';
import { sleepMs } from '../../temporal/ports.ts';
import { runAddress, startFormAddress } from '../../temporal/run-address.ts';
import { nameRun, startRun } from '../../temporal/start-run.ts';
import { type RunView, waitForRun, watchRun } from '../../temporal/watch-run.ts';
import { type RunningWorker, startWorker } from '../../temporal/worker.ts';
import { endless, fakeWorld } from '../workflows/fake-activities.ts';
import { type DevServer, startDevServer } from './dev-server.ts';

const world = fakeWorld({
  waiting: [{ id: 'endless', units: 1, before: endless(() => undefined) }],
  quick: [{ id: 'one', units: 3 }],
  slow: [{ id: 'second', units: 2, before: () => sleepMs(4000) }],
  gpu: [{ id: 'far', units: 1, queue: 'tstar-cuda' }],
  flaky: [
    {
      id: 'disk',
      units: 1,
      before: () => {
        throw new Error('ENOSPC: no space left on device');
      },
    },
  ],
});
let dev: DevServer;
let worker: RunningWorker;

beforeAll(async () => {
  dev = await startDevServer();
  worker = await startWorker({ connection: dev.server.target, queues: ['tstar'], activities: world.activities, log: () => undefined });
});
afterAll(async () => {
  await worker?.stop();
  await dev?.stop();
});

async function collect(run: string, until: (view: RunView) => boolean): Promise<RunView[]> {
  const views: RunView[] = [];
  const stop = new AbortController();
  for await (const view of watchRun(dev.open, run, { signal: stop.signal, intervalMs: 200 })) {
    views.push(view);
    if (until(view)) stop.abort();
  }
  return views;
}

async function list(filter: RunFilter): Promise<ListedRun[]> {
  const runs: ListedRun[] = [];
  for await (const run of listRuns(dev.open, filter)) runs.push(run);
  return runs;
}

test('a run is named after its pipeline and the time', () => {
  expect(nameRun('effective-noise', new Date('2026-11-24T02:03:01.5Z'))).toMatch(/^effective-noise-20261124-020301-[0-9a-f]{4}$/);
});

test('the same pipeline and input attach to the unfinished run, others and a finished one do not', async () => {
  const first = await startRun(dev.open, { workflowType: 'waiting', input: { a: 1, b: [2] } });
  expect(first.attached).toBe(false);
  const same = { workflowType: 'waiting', input: { b: [2], a: 1 }, options: { concurrency: 2 } };
  await expect.poll(async () => (await list({ unfinished: true })).map(({ run }) => run)).toContain(first.run);
  expect(await startRun(dev.open, same)).toMatchObject({ run: first.run, attached: true });
  const others = [{ ...same, input: { a: 1 } }, { ...same, options: { until: ['endless'] } }, { ...same, unfinished: 'new' } as const];
  for (const other of others) {
    const { run, attached } = await startRun(dev.open, other);
    expect(attached).toBe(false);
    await cancelRun(dev.open, run);
    await waitForRun(dev.open, run);
  }
  await cancelRun(dev.open, first.run);
  expect((await waitForRun(dev.open, first.run)).status).toBe('cancelled');
  await expect.poll(async () => (await list({ unfinished: true })).length).toBe(0);
  const again = await startRun(dev.open, same);
  expect(again.attached).toBe(false);
  await cancelRun(dev.open, again.run);
  await waitForRun(dev.open, again.run);
});

test('watching tells progress with what the activities report, and ends with the result', async () => {
  const { run } = await startRun(dev.open, { workflowType: 'slow', input: {} });
  const views = await collect(run, () => false);
  const beats = views.flatMap((view) => (view.kind === 'progress' ? view.beats : []));
  expect(beats).toContainEqual({ node: 'second', shard: 0, done: 0, total: 1, note: 'fake' });
  expect(views.some((view) => view.progress?.nodes[0]?.state === 'running')).toBe(true);
  const end = views.at(-1)!;
  expect(end).toMatchObject({ kind: 'end', outcome: { status: 'done', result: { run, status: 'done' } } });
  expect(end.progress?.nodes[0]).toMatchObject({ state: 'done', done: 2 });
});

test('watching a quick run ends as soon as the run does', async () => {
  const startedAtMs = Date.now();
  const { run } = await startRun(dev.open, { workflowType: 'quick', input: {} });
  for await (const view of watchRun(dev.open, run, { intervalMs: 60_000 }))
    if (view.kind === 'end') expect(view.outcome.status).toBe('done');
  expect(Date.now() - startedAtMs).toBeLessThan(20_000);
});

test('a queue without workers is named, and stopping to watch leaves the run alone', async () => {
  const { run } = await startRun(dev.open, { workflowType: 'gpu', input: {} });
  const views = await collect(run, (view) => view.kind === 'progress' && view.waitingFor.length > 0);
  expect(views.at(-1)).toMatchObject({ kind: 'progress', waitingFor: ['tstar-cuda'] });
  expect(await list({ workflowType: 'gpu' })).toMatchObject([{ run, status: 'running', endedAt: null }]);
  await cancelRun(dev.open, run);
  expect((await waitForRun(dev.open, run)).status).toBe('cancelled');
});

test('an activity that fails and is tried again is told with its reason', async () => {
  const { run } = await startRun(dev.open, { workflowType: 'flaky', input: {} });
  const views = await collect(run, (view) => view.kind === 'progress' && view.retries.length > 0);
  expect(views.at(-1)).toMatchObject({ retries: [{ activity: 'fakeStep', message: 'ENOSPC: no space left on device' }] });
  await cancelRun(dev.open, run);
  await waitForRun(dev.open, run);
});

test('runs are listed with how they ended, the last that ended first', async () => {
  const { run } = await startRun(dev.open, { workflowType: 'unknown-pipeline', input: {} });
  await waitForRun(dev.open, run);
  await expect.poll(async () => (await list({ workflowType: 'unknown-pipeline' })).map(({ status }) => status)).toEqual(['failed']);
  const ends = (await list({})).map(({ endedAt }) => endedAt ?? '9');
  expect(ends).toEqual(ends.toSorted().reverse());
});

test('a run that is not there is one clear line', async () => {
  await expect(cancelRun(dev.open, 'nothing-like-it')).rejects.toThrow(/has no unfinished run nothing-like-it; tstar runs lists them/);
});

test('addresses of the UI are answered by it', async () => {
  const { target } = dev.server;
  const run = runAddress(target, 'effective-noise-1', 'abc')!;
  expect(run).toBe(`${target.uiAddress}/namespaces/default/workflows/effective-noise-1/abc/history`);
  const form = startFormAddress(target, 'effective-noise', new Date('2026-11-24T02:03:01Z'))!;
  expect(form).toMatch(
    /start-workflow\?taskQueue=tstar&workflowType=effective-noise&workflowId=effective-noise-20261124-020301-[0-9a-f]{4}$/,
  );
  await expect.poll(async () => (await fetch(form)).status, { timeout: 10_000 }).toBe(200);
  expect(runAddress({ ...target, uiAddress: null }, 'a', 'b')).toBeNull();
});
