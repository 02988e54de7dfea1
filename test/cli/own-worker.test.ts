// A worker process of a command's own. That one is replaced, and given up where it ends as soon as it is started, is shown with
// real ones in e2e/dead-worker.test.ts.
import { tmpdir } from 'node:os';
import { afterEach, expect, it } from 'vitest';
import { startOwnWorker } from '../../cli/own-worker.ts';

const { execPath } = process;
afterEach(() => {
  process.execPath = execPath;
});

it('that cannot be started, again and again, is given up with the reason', async () => {
  process.execPath = '/nowhere/node';
  const said: string[] = [];
  const worker = startOwnWorker({ home: tmpdir(), queues: ['tstar'], log: (text) => said.push(text) });
  await expect.poll(() => worker.gone.aborted, { timeout: 60_000 }).toBe(true);
  expect(worker.gone.reason).toBe('the worker ended 3 times as soon as it was started (not started), for the reason above');
  expect(said).toContainEqual(expect.stringMatching(/^the worker could not be started: .*ENOENT/));
  await worker.drain();
});
