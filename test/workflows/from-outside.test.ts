// What a person does to a run with Temporal's own tools, by its command line where that can: starts with payloads of any kind,
// signals that are none of ours, pausing an activity, queries and updates.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Payload } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sleepMs } from '../../temporal/ports.ts';
import { startRun } from '../../temporal/start-run.ts';
import { waitForRun } from '../../temporal/watch-run.ts';
import { type RunningWorker, startWorker } from '../../temporal/worker.ts';
import type { PlannedRun, RunProgress } from '../../workflows/messages.ts';
import { type DevServer, findProgram, startDevServer } from '../temporal/dev-server.ts';
import { endless, fakeWorld } from './fake-activities.ts';

const stoppedAtMs: number[] = [];
const untilStopped = endless((atMs) => stoppedAtMs.push(atMs));
let wideGoesOn = (): void => undefined;
const wideWaits = new Promise<void>((resolve) => {
  wideGoesOn = resolve;
});
const world = fakeWorld({
  small: [{ id: 'only', units: 1 }],
  paused: [{ id: 'shard', units: 1, before: (_, attempt) => (attempt === 1 ? untilStopped() : undefined) }],
  wide: [{ id: 'shards', units: 6, before: () => wideWaits }],
});
let dev: DevServer;
let worker: RunningWorker;
let program: string;

beforeAll(async () => {
  dev = await startDevServer();
  program = await findProgram();
  worker = await startWorker({ connection: dev.server.target, queues: ['tstar'], activities: world.activities, log: () => undefined });
});
afterAll(async () => {
  await worker?.stop();
  await dev?.stop();
});

/** `temporal ARGS` against the test's server: what it prints. */
async function temporalCli(...args: string[]): Promise<string> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')));
  const { stdout } = await promisify(execFile)(program, [...args, '--address', dev.server.target.address], { env });
  return stdout;
}

let starts = 0;
/** As any client may start a run: the payloads go through no converter of ours. */
async function startRaw(payloads: Payload[]): Promise<string> {
  const workflowId = `raw-${++starts}`;
  await dev.open.client.workflowService.startWorkflowExecution({
    namespace: 'default',
    workflowId,
    requestId: workflowId,
    workflowType: { name: 'small' },
    taskQueue: { name: 'tstar' },
    input: { payloads },
  });
  return workflowId;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const payload = (encoding: string, data: string): Payload => ({ metadata: { encoding: bytes(encoding) }, data: bytes(data) });
const EMPTY = payload('json/plain', '{}');
const INPUT = 'small: the input must be one JSON object such as {} or { "promptCount": 20 }, but it is';

describe('a start payload', () => {
  test.each([
    ['broken JSON', [payload('json/plain', '{oops')], `${INPUT} no JSON: "{oops"`],
    ['a long text', [payload('json/plain', 'x'.repeat(500))], `${INPUT} no JSON: "${'x'.repeat(40)}..."`],
    ['no bytes', [payload('json/plain', '')], `${INPUT} empty`],
    ['raw bytes', [payload('binary/plain', '{}')], `${INPUT} bytes`],
    ['protobuf', [payload('json/protobuf', '{}')], `${INPUT} encoded as json/protobuf (json/plain is what a run reads)`],
    ['no encoding', [{ data: bytes('{}') }], `${INPUT} encoded as nothing (json/plain is what a run reads)`],
    ['broken options', [EMPTY, payload('json/plain', '[')], 'small: the run options must be one JSON object, but they are no JSON: "["'],
    [
      'a third argument',
      [EMPTY, EMPTY, payload('json/plain', '{"nodes":5}')],
      'small: takes an input and run options and nothing more, but a third argument came',
    ],
  ])('of %s fails the run at once, in our words', async (_, payloads, message) => {
    const run = await startRaw(payloads);
    expect(await waitForRun(dev.open, run)).toEqual({ status: 'failed', type: 'UserError', message });
    const { events } = await dev.open.client.workflow.getHandle(run).fetchHistory();
    expect(events!.map(({ eventType }) => eventType)).toHaveLength(5);
  });

  test('that is typed wrongly at the command line fails the same way', async () => {
    const args = ['--task-queue', 'tstar', '--type', 'small', '--workflow-id', 'typed', '--input', '{oops'];
    await temporalCli('workflow', 'start', ...args, '--input-meta', 'encoding=json/plain').catch(() => undefined);
    await temporalCli('workflow', 'start', ...args, '--input-meta', 'encoding=binary/plain').catch(() => undefined);
    expect(await waitForRun(dev.open, 'typed')).toMatchObject({ status: 'failed', type: 'UserError', message: `${INPUT} bytes` });
  });

  test("that nobody reads stands in no other start's way", async () => {
    await worker.stop();
    const run = await startRaw([payload('json/plain', '{oops')]);
    const started = await startRun(dev.open, { workflowType: 'small', input: {} });
    expect(started.attached).toBe(false);
    worker = await startWorker({ connection: dev.server.target, queues: ['tstar'], activities: world.activities, log: () => undefined });
    expect((await waitForRun(dev.open, started.run)).status).toBe('done');
    expect((await waitForRun(dev.open, run)).status).toBe('failed');
  });
});

test('an activity that is paused stops, is not tried again, and goes on when unpaused', async () => {
  const { run } = await startRun(dev.open, { workflowType: 'paused', input: {} });
  const attempts = () => world.shards.filter((shard) => shard.run === run).length;
  await expect.poll(attempts, { timeout: 60_000 }).toBe(1);
  const activityId = (await pendingActivity(run))!.activityId!;
  await temporalCli('activity', 'pause', '--workflow-id', run, '--activity-id', activityId);
  // It hears of it with its next beat.
  await expect.poll(() => stoppedAtMs.length, { timeout: 60_000 }).toBe(1);
  await expect.poll(async () => (await pendingActivity(run))?.paused, { timeout: 60_000 }).toBe(true);
  // Without the pause the next attempt comes after a second.
  await sleepMs(2500);
  expect(attempts()).toBe(1);
  await temporalCli('activity', 'unpause', '--workflow-id', run, '--activity-id', activityId);
  expect((await waitForRun(dev.open, run)).status).toBe('done');
  expect(attempts()).toBe(2);
});

async function pendingActivity(run: string): Promise<temporal.api.workflow.v1.IPendingActivityInfo | undefined> {
  const { raw } = await dev.open.client.workflow.getHandle(run).describe();
  return raw.pendingActivities?.[0];
}

test('queries tell the plan and the progress of a run under way, an update changes its concurrency, foreign signals nothing', async () => {
  const { run } = await startRun(dev.open, { workflowType: 'wide', input: {}, options: { concurrency: 2 } });
  const shards = () => world.shards.filter((shard) => shard.run === run).length;
  await expect.poll(shards, { timeout: 60_000 }).toBe(2);
  const plan = await query<PlannedRun>(run, 'plan');
  expect(plan.nodes.map(({ id, units }) => [id, units])).toEqual([['shards', 6]]);
  const progress = await query<RunProgress>(run, 'progress');
  expect(progress).toMatchObject({ run, pipeline: 'wide', state: 'running' });
  expect(progress.nodes[0]).toMatchObject({ id: 'shards', state: 'running', units: 6, done: 0, hits: 0, shards: 6, shardsDone: 0 });

  await temporalCli('workflow', 'signal', '--workflow-id', run, '--name', 'reportShards');
  await temporalCli('workflow', 'signal', '--workflow-id', run, '--name', 'unheardOf', '--input', '1');
  const update = (count: string) =>
    temporalCli('workflow', 'update', 'execute', '--workflow-id', run, '--name', 'setConcurrency', '--input', count);
  await expect(update('"many"')).rejects.toThrow('concurrency must be a whole number of shards from 1 to 1000, but it is \\"many\\"');
  expect(await update('5')).toContain('5');
  await expect.poll(shards, { timeout: 60_000 }).toBe(5);
  wideGoesOn();
  expect((await waitForRun(dev.open, run)).status).toBe('done');
  expect(await query<RunProgress>(run, 'progress')).toMatchObject({ state: 'done', nodes: [{ done: 6, shardsDone: 6 }] });
});

async function query<T>(run: string, type: string): Promise<T> {
  const printed = await temporalCli('workflow', 'query', '--workflow-id', run, '--type', type, '--output', 'json');
  return (JSON.parse(printed) as { queryResult: [T] }).queryResult[0];
}
