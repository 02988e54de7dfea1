// Runs over a real dev server with small activities: the order of steps, look-ups, failures, cancellation, children.
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UserError } from '../../formats/user-error.ts';
import { cancelRun } from '../../temporal/list-runs.ts';
import { sleepMs } from '../../temporal/ports.ts';
import { startRun } from '../../temporal/start-run.ts';
import { waitForRun } from '../../temporal/watch-run.ts';
import { type RunningWorker, startWorker } from '../../temporal/worker.ts';
import type { PlannedRun, RunInput, RunOptions, RunProgress } from '../../workflows/messages.ts';
import { type DevServer, startDevServer } from '../temporal/dev-server.ts';
import { endless, failingAttempts, fakeWorld } from './fake-activities.ts';
import { saveHistory } from './histories.ts';

const endedAtMs: number[] = [];
const stopped = endless((atMs) => endedAtMs.push(atMs));
const world = fakeWorld({
  diamond: [
    { id: 'questions', units: 4, shardUnits: 4 },
    { id: 'left', after: ['questions'], units: 6, shardUnits: 2 },
    { id: 'right', after: ['questions'], units: 3, queue: 'tstar-cpu' },
    { id: 'table', after: ['left', 'right'], units: 1 },
  ],
  broken: [
    {
      id: 'bad',
      units: 2,
      before: () => {
        throw new UserError('weights.gguf: truncated at byte 12, expected 98362432; fetch it again');
      },
    },
    { id: 'never', after: ['bad'], units: 1 },
    { id: 'beside', units: 1, before: stopped },
  ],
  flaky: [{ id: 'network', units: 1, before: failingAttempts(2) }],
  mistaken: [
    {
      id: 'bug',
      units: 1,
      before: () => {
        throw new TypeError('x is undefined');
      },
    },
  ],
  slow: [{ id: 'endless', units: 2, before: stopped }],
  forgetful: [{ id: 'holes', units: 3, loses: 1 }],
  leaky: [{ id: 'sieve', units: 1, loses: 99 }],
  many: [
    { id: 'thousand', units: 1000 },
    { id: 'after', after: ['thousand'], units: 1 },
  ],
  again: [{ id: 'reset', units: 400, before: () => sleepMs(10) }],
  lossy: [
    { id: 'source', units: 6 },
    { id: 'reader', after: ['source'], units: 4, before: () => loseOnce('lossy/source', [1, 4]) },
    { id: 'beside', after: ['source'], units: 4, before: () => sleepMs(20) },
    { id: 'table', after: ['reader', 'beside'], units: 1, before: () => losePlanOnce() },
  ],
  hopeless: [
    { id: 'source', units: 1 },
    { id: 'reader', after: ['source'], units: 1, before: () => lose('hopeless/source', [0]) },
  ],
  wide: [{ id: 'shards', units: 40, before: () => sleepMs(50) }],
});

/** Takes units away that were there, and fails as a reader of them does. */
function lose(node: string, units: readonly number[]): never {
  for (const unit of units) world.done.get(node)!.delete(unit);
  const id = node.split('/')[1]!;
  throw ApplicationFailure.nonRetryable(`${id} was lost`, 'LostArtifact', { what: `${id}.rows`, plan: false, nodes: [id] });
}
let losses = 0;
function loseOnce(node: string, units: readonly number[]): void {
  if (losses++ === 0) lose(node, units);
}
let planLosses = 0;
function losePlanOnce(): void {
  if (planLosses++ === 0) throw ApplicationFailure.nonRetryable('lost', 'LostArtifact', { what: 'the plan', plan: true, nodes: [] });
}

let dev: DevServer;
let worker: RunningWorker;

beforeAll(async () => {
  dev = await startDevServer();
  worker = await startWorker({
    connection: dev.server.target,
    queues: ['tstar', 'tstar-cpu'],
    activities: world.activities,
    activityTypes: ['fakeStep'],
    log: () => undefined,
  });
});

afterAll(async () => {
  await worker?.stop();
  await dev?.stop();
});

async function run(workflowType: string, input: RunInput = {}, options: RunOptions = {}) {
  const started = await startRun(dev.open, { workflowType, input, options, unfinished: 'new' });
  return { ...started, outcome: await waitForRun(dev.open, started.run) };
}

const handleOf = (name: string) => dev.open.client.workflow.getHandle(name);
const shardsOf = (name: string) => world.shards.filter((shard) => shard.run === name);

test('every step runs after those that it reads, and the record says what was computed', async () => {
  const { run: name, outcome } = await run('diamond', { promptCount: 20 });
  expect(outcome).toEqual({ status: 'done', result: { run: name, status: 'done', dashboard: null, warnings: [] } });
  expect(world.planned.at(-1)).toEqual({ workflowType: 'diamond', input: { promptCount: 20 }, run: name });
  const order = shardsOf(name).map((shard) => shard.node);
  expect(order[0]).toBe('questions');
  expect(order.at(-1)).toBe('table');
  expect(order.toSorted()).toEqual(['left', 'left', 'left', 'questions', 'right', 'right', 'right', 'table']);
  expect(shardsOf(name).at(-1)!.indexes).toEqual({ left: 'index of diamond/left', right: 'index of diamond/right' });
  const record = world.finished.at(-1)!;
  expect(record).toMatchObject({ run: name, workflowType: 'diamond', plan: 'diamond', status: 'done', error: null });
  expect(record.nodes.map(({ id, units, hit, computed, shards }) => [id, units, hit, computed, shards.length])).toEqual([
    ['questions', 4, 0, 4, 1],
    ['left', 6, 0, 6, 3],
    ['right', 3, 0, 3, 3],
    ['table', 1, 0, 1, 1],
  ]);
  await saveHistory(handleOf(name), 'diamond');
});

test('a second run finds everything and computes nothing; queries tell the plan and the progress', async () => {
  const { run: name, outcome } = await run('diamond');
  expect(outcome.status).toBe('done');
  expect(shardsOf(name)).toEqual([]);
  const progress = await handleOf(name).query<RunProgress>('progress');
  expect(progress.state).toBe('done');
  expect(progress.nodes.map(({ id, state, hits, done }) => [id, state, hits, done])).toEqual([
    ['questions', 'done', 4, 4],
    ['left', 'done', 6, 6],
    ['right', 'done', 3, 3],
    ['table', 'done', 1, 1],
  ]);
  expect((await handleOf(name).query<PlannedRun>('plan')).nodes).toHaveLength(4);
  const details = await handleOf(name).query<{ currentDetails: string }>('__temporal_workflow_metadata');
  expect(details.currentDetails).toContain('| left | done | 6 of 6 | 6 |');
});

test('the run can be found by its pipeline in the list', async () => {
  await expect
    .poll(async () => {
      const found: string[] = [];
      for await (const { workflowId } of dev.open.client.workflow.list({ query: "TstarPipeline = 'diamond'" })) found.push(workflowId);
      return found.length;
    })
    .toBeGreaterThanOrEqual(2);
});

test('until runs the named steps with what they need; force computes what is there', async () => {
  const { run: name, outcome } = await run('diamond', {}, { until: ['left'], force: ['left'] });
  expect(outcome.status).toBe('done');
  expect(shardsOf(name).map((shard) => shard.node)).toEqual(['left', 'left', 'left']);
  expect(world.finished.at(-1)!.nodes.map(({ id, index }) => [id, index !== null])).toEqual([
    ['questions', true],
    ['left', true],
    ['right', false],
    ['table', false],
  ]);
  const { currentDetails } = await handleOf(name).query<{ currentDetails: string }>('__temporal_workflow_metadata');
  expect(currentDetails).toContain('**diamond** done, 2 of 2 steps done');
  expect(currentDetails).not.toContain('| table |');
});

test('a UserError ends the run at once with its own message, stops the other steps and is recorded', async () => {
  const { run: name, outcome } = await run('broken');
  expect(outcome).toEqual({
    status: 'failed',
    type: 'UserError',
    message: 'weights.gguf: truncated at byte 12, expected 98362432; fetch it again',
  });
  expect(shardsOf(name).map(({ node }) => node)).not.toContain('never');
  expect(world.inFlight).toBe(0);
  expect(world.finished.at(-1)).toMatchObject({
    run: name,
    status: 'failed',
    error: 'weights.gguf: truncated at byte 12, expected 98362432; fetch it again',
  });
  await saveHistory(handleOf(name), 'user-error');
});

test('a mistake in a step is not tried again either, and the message names the activity', async () => {
  const { run: name, outcome } = await run('mistaken');
  expect(outcome).toEqual({ status: 'failed', type: 'TypeError', message: 'fakeStep failed with TypeError: x is undefined' });
  expect(shardsOf(name)).toHaveLength(1);
});

test('an unknown workflow type fails at once with what planPipeline says', async () => {
  const { outcome } = await run('dimond');
  expect(outcome).toMatchObject({ status: 'failed', type: 'UserError' });
  expect(outcome.status === 'failed' && outcome.message).toContain('no pipeline dimond; there are diamond');
});

test.each([
  [[20], 'diamond: the input must be one JSON object such as {} or { "promptCount": 20 }, but it is a number'],
  [[['a']], 'diamond: the input must be one JSON object such as {} or { "promptCount": 20 }, but it is a list'],
  [[null], 'diamond: the input must be one JSON object such as {} or { "promptCount": 20 }, but it is null'],
  [[new Uint8Array(3)], 'diamond: the input must be one JSON object such as {} or { "promptCount": 20 }, but it is bytes'],
  [[{}, { concurrency: 0 }], 'concurrency must be a whole number of shards from 1 to 1000, but it is 0'],
  [[{}, { shardUnits: 0 }], 'shardUnits must be a whole number of units from 1 to 100000, but it is 0'],
  [[{}, { until: 'left' }], 'diamond: run option until must be a list of step names, but it is a text'],
  [[{}, { fast: true }], 'diamond: unknown run option fast; there are force, until, concurrency, shardUnits'],
  [[{}, { force: ['lft'] }], '--force lft: diamond has no such step; its steps are questions, left, right, table'],
])('arguments %j fail at once', async (args, message) => {
  const handle = await dev.open.client.workflow.start('diamond', { workflowId: `arguments-${Math.random()}`, taskQueue: 'tstar', args });
  expect(await waitForRun(dev.open, handle.workflowId)).toEqual({ status: 'failed', type: 'UserError', message });
});

test('the child workflow says that it is none to start', async () => {
  const { outcome } = await run('runShards');
  expect(outcome).toMatchObject({ status: 'failed', type: 'UserError', message: expect.stringContaining('start a pipeline by its name') });
});

test('no argument at all is an empty input', async () => {
  const handle = await dev.open.client.workflow.start('diamond', { workflowId: 'no-arguments', taskQueue: 'tstar' });
  expect((await waitForRun(dev.open, handle.workflowId)).status).toBe('done');
  expect(world.planned.at(-1)!.input).toEqual({});
});

test('a transient error is tried again until it passes', async () => {
  const { run: name, outcome } = await run('flaky');
  expect(outcome.status).toBe('done');
  expect(shardsOf(name)).toHaveLength(3);
  expect(world.finished.at(-1)!.nodes[0]!.shards[0]!.attempt).toBe(3);
});

test('units that are missing after they were computed are computed again, with a warning', async () => {
  const { outcome } = await run('forgetful');
  expect(outcome.status === 'done' && outcome.result.warnings).toEqual([
    'holes: 1 of 3 units are missing after they were computed; trying again (1 of 2)',
  ]);
});

test('a store that never keeps a unit ends the run after three rounds', async () => {
  const { run: name, outcome } = await run('leaky');
  expect(outcome).toMatchObject({
    status: 'failed',
    message: expect.stringContaining('sieve: 1 of 1 units are still missing after they were computed 3 times'),
  });
  expect(shardsOf(name)).toHaveLength(3);
});

test('units and plans that the store loses between two steps are made again, and every step ends', async () => {
  const { run: name, outcome } = await run('lossy');
  expect(outcome).toMatchObject({ status: 'done' });
  expect(outcome.status === 'done' && outcome.result.warnings).toEqual([
    'source.rows was lost from the store and is made again',
    'the plan was lost from the store and is made again',
  ]);
  const record = world.finished.at(-1)!;
  expect(record.nodes.map(({ id, units, hit, computed }) => [id, units, hit, computed])).toEqual([
    ['source', 6, 0, 6 + 2],
    ['reader', 4, 0, 4],
    ['beside', 4, 0, 4],
    ['table', 1, 0, 1],
  ]);
  expect(world.planned.filter((input) => input.run === name)).toHaveLength(2);
  expect(world.done.get('lossy/source')!.size).toBe(6);
  await saveHistory(handleOf(name), 'lossy');
});

test('a store that loses the same unit for ever ends the run with its name', async () => {
  const { outcome } = await run('hopeless');
  expect(outcome).toMatchObject({ status: 'failed', type: 'UserError' });
  expect(outcome.status === 'failed' && outcome.message).toBe(
    'source.rows was lost from the store, after 30 other losses in this run: tstar cache verify',
  );
}, 180_000);

test('cancelling reaches the activities within seconds and leaves a record', async () => {
  const { run: name } = await startRun(dev.open, { workflowType: 'slow', input: {} });
  await expect.poll(() => shardsOf(name).length, { timeout: 60_000 }).toBe(2);
  endedAtMs.length = 0;
  const askedAtMs = Date.now();
  await cancelRun(dev.open, name);
  expect(await waitForRun(dev.open, name)).toEqual({ status: 'cancelled', message: `${name} was cancelled` });
  expect(endedAtMs).toHaveLength(2);
  expect(Math.max(...endedAtMs) - askedAtMs).toBeLessThan(10_000);
  expect(world.finished.at(-1)).toMatchObject({ run: name, status: 'cancelled', error: 'cancelled' });
  await saveHistory(handleOf(name), 'cancelled');
});

test('a thousand shards go through child workflows, each once', async () => {
  const { run: name, outcome } = await run('many', {}, { concurrency: 16 });
  expect(outcome.status).toBe('done');
  expect(shardsOf(name).filter(({ node }) => node === 'thousand')).toHaveLength(1000);
  expect(world.finished.at(-1)!.nodes.map(({ computed, shards }) => [computed, shards.length])).toEqual([
    [1000, 500],
    [1, 1],
  ]);
  const { events } = await handleOf(name).fetchHistory();
  expect(events!.length).toBeLessThan(150);
  await saveHistory(handleOf(name), 'children');
  await saveHistory(handleOf(`${name}.thousand.1.900-999`), 'child');
}, 180_000);

test('a run that is reset while a child works starts its children again and completes', async () => {
  const { run: name, temporalRunId } = await startRun(dev.open, { workflowType: 'again', input: {}, options: { concurrency: 8 } });
  await expect.poll(() => shardsOf(name).length, { timeout: 60_000 }).toBeGreaterThan(50);
  // Event 4 is the end of the first workflow task: the reset run plans again.
  await dev.open.client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: name, runId: temporalRunId },
    // The field is a 64-bit integer; a small number is one too.
    workflowTaskFinishEventId: 4 as never,
    requestId: name,
    reason: 'test',
  });
  expect((await waitForRun(dev.open, name)).status).toBe('done');
  expect(world.planned.filter((input) => input.run === name)).toHaveLength(2);
  expect(world.done.get('again/reset')!.size).toBe(400);
  // The former child goes on until it is replaced; what it still computes is there for the new one, but for the shards under way.
  expect(world.computed.get('again/reset')).toBeLessThanOrEqual(400 + 8);
}, 120_000);

test('no more shards are in flight than the run allows, until an update allows more', async () => {
  world.mostInFlight = 0;
  const { run: name } = await startRun(dev.open, { workflowType: 'wide', input: {}, options: { concurrency: 2 } });
  await expect.poll(() => shardsOf(name).length, { timeout: 60_000 }).toBeGreaterThan(6);
  expect(world.mostInFlight).toBe(2);
  await expect(handleOf(name).executeUpdate('setConcurrency', { args: [0] })).rejects.toThrow();
  expect(await handleOf(name).executeUpdate('setConcurrency', { args: [8] })).toBe(8);
  expect((await waitForRun(dev.open, name)).status).toBe('done');
  expect(world.mostInFlight).toBeGreaterThan(2);
  expect(world.mostInFlight).toBeLessThanOrEqual(8);
});
