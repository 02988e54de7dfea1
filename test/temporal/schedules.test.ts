// Schedules against a real server: they start runs with their input, are listed and deleted, by the command and by what it prints.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSchedule, deleteSchedule, listSchedules, timesText } from '../../temporal/schedules.ts';
import { waitForRun } from '../../temporal/watch-run.ts';
import { type RunningWorker, startWorker } from '../../temporal/worker.ts';
import { makeProject, type Project } from '../e2e/command.ts';
import { fakeWorld } from '../workflows/fake-activities.ts';
import { type DevServer, findProgram, startDevServer } from './dev-server.ts';

const world = fakeWorld({ quick: [{ id: 'one', units: 3 }] });
let dev: DevServer;
let worker: RunningWorker;
let project: Project;

beforeAll(async () => {
  dev = await startDevServer();
  worker = await startWorker({ connection: dev.server.target, queues: ['tstar'], activities: world.activities, log: () => undefined });
  project = await makeProject({ TEMPORAL_ADDRESS: dev.server.target.address });
});
afterAll(async () => {
  await project?.remove();
  await worker?.stop();
  await dev?.stop();
});

const listed = (name: string) => listSchedules(dev.open).then((all) => all.find((schedule) => schedule.name === name));

test('a schedule starts runs of its input, one after the other, and no more once it is deleted', async () => {
  const times = { kind: 'every', everyMs: 1000 } as const;
  await createSchedule(dev.open, { name: 'often', workflowType: 'quick', pipeline: 'quick', input: { promptCount: 3 }, times });
  await expect.poll(async () => (await listed('often'))?.runs.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(2);
  const { runs, pipeline, when, paused, nextAt } = (await listed('often'))!;
  expect([pipeline, when, paused]).toEqual(['quick', 'every 1 s', false]);
  expect(Date.parse(nextAt!)).toBeGreaterThan(Date.now() - 10_000);
  expect(await waitForRun(dev.open, runs[0]!)).toMatchObject({ status: 'done', result: { run: runs[0] } });
  expect(world.planned.find(({ run }) => run === runs[0])).toMatchObject({ workflowType: 'quick', input: { promptCount: 3 } });
  await deleteSchedule(dev.open, 'often');
  await expect.poll(() => listed('often'), { timeout: 30_000 }).toBeUndefined();
});

test('the command makes, lists and deletes one', async () => {
  const made = await project.tstar([
    'schedule',
    'effective-noise',
    '--cron',
    '0 3 * * *',
    '--set',
    'promptCount=20',
    '--name',
    'nightly',
    '--json',
  ]);
  expect(made.code, made.stderr).toBe(0);
  expect(JSON.parse(made.stdout)).toMatchObject({ name: 'nightly', pipeline: 'effective-noise', input: { promptCount: 20 } });
  expect(made.stderr).toContain('cron 0 3 * * * (UTC)');
  await expect.poll(() => listed('nightly'), { timeout: 30_000 }).toBeDefined();
  const { action } = await dev.open.client.schedule.getHandle('nightly').describe();
  expect(action).toMatchObject({ workflowType: 'effective-noise', taskQueue: 'tstar', args: [{ promptCount: 20 }] });

  const table = await project.tstar(['schedule']);
  expect(table.stdout).toMatch(/nightly\s+effective-noise\s+cron 0 3 \* \* \* \(UTC\)\s+\d{4}-\d\d-\d\d 03:00/);
  expect(JSON.parse((await project.tstar(['schedule', '--json'])).stdout)).toMatchObject([{ name: 'nightly', runs: [] }]);

  const again = await project.tstar(['schedule', 'effective-noise', '--every', '1d', '--name', 'nightly']);
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('there is a schedule nightly already')]);
  const deleted = await project.tstar(['schedule', '--delete', 'nightly', '--json']);
  expect([deleted.code, JSON.parse(deleted.stdout)]).toEqual([0, { deleted: 'nightly' }]);
  const gone = await project.tstar(['schedule', '--delete', 'nightly']);
  expect([gone.code, gone.stderr]).toEqual([2, expect.stringContaining('has no schedule nightly')]);
});

test('what --print prints is a command of the Temporal CLI that makes the same schedule', async () => {
  const args = ['schedule', 'effective-noise', '--every', '6h', '--set', 'dataset=word-problems', '--name', "o'clock", '--print'];
  const { code, stdout, stderr } = await project.tstar(args, { env: { TEMPORAL_ADDRESS: '127.0.0.1:9' } });
  expect(code, stderr).toBe(0);
  const temporal = await findProgram();
  const command = stdout.trim().replace(/^temporal/, `'${temporal}'`);
  await promisify(execFile)('sh', ['-c', `${command} --address ${dev.server.target.address}`]);
  const { action, spec, policies } = await dev.open.client.schedule.getHandle("o'clock").describe();
  expect(action).toMatchObject({ workflowType: 'effective-noise', taskQueue: 'tstar', args: [{ dataset: ['word-problems'] }] });
  expect(spec.intervals).toMatchObject([{ every: 6 * 3_600_000 }]);
  expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 3_600_000 });
  await deleteSchedule(dev.open, "o'clock");
});

test.each([
  [['effective-noise'], '--every 6h'],
  [['effective-noise', '--every', '1d', '--cron', '0 3 * * *'], '--every 6h'],
  [['effective-noise', '--every', '0h'], 'expected a whole number with m, h, d or w'],
  [['effective-noise', '--cron', '99 99 * * *'], 'the server refuses cron 99 99 * * *'],
  [['effective-noise', '--cron', '* *'], 'expected five fields'],
  [['efective-noise', '--every', '1d'], 'did you mean effective-noise'],
  [['effective-noise', '--every', '1d', '--set', 'promptCount=0'], 'at least 1'],
])('%j is one clear line', async (args, message) => {
  const { code, stdout, stderr } = await project.tstar(['schedule', ...args]);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/\n\s+at |This is a bug/);
});

test('times are told in the largest unit that fits', () => {
  expect([90_000, 7_200_000, 86_400_000 * 7].map((everyMs) => timesText({ kind: 'every', everyMs }))).toEqual([
    'every 90 s',
    'every 2 h',
    'every 7 d',
  ]);
});
