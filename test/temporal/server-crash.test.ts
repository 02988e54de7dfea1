// The server is killed in the middle of a run and started again on the same file: the worker and whoever watches go on by
// themselves, and the run completes.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEmbeddedServer } from '../../temporal/embedded-server.ts';
import { sleepMs } from '../../temporal/ports.ts';
import { startRun } from '../../temporal/start-run.ts';
import { type RunView, watchRun } from '../../temporal/watch-run.ts';
import { type RunningWorker, startWorker } from '../../temporal/worker.ts';
import { fakeWorld } from '../workflows/fake-activities.ts';
import { type DevServer, findProgram, quiet, startDevServer } from './dev-server.ts';

const world = fakeWorld({ steady: [{ id: 'shards', units: 12, queue: 'tstar-cpu', before: () => sleepMs(200) }] });
let dev: DevServer;
let worker: RunningWorker;

beforeAll(async () => {
  dev = await startDevServer();
  worker = await startWorker({ connection: dev.server.target, queues: ['tstar', 'tstar-cpu'], activities: world.activities, log: quiet });
});
afterAll(async () => {
  await worker?.stop();
  await dev?.stop();
});

test('a killed server costs a pause', async () => {
  const { run } = await startRun(dev.open, { workflowType: 'steady', input: {} });
  const watched = (async () => {
    let last: RunView | undefined;
    for await (const view of watchRun(dev.open, run)) last = view;
    return last;
  })();
  await expect.poll(() => world.shards.length, { timeout: 60_000 }).toBeGreaterThan(3);
  process.kill(dev.server.pid, 'SIGKILL');
  await sleepMs(1000);
  const port = Number(dev.server.target.address.split(':')[1]);
  const ui = Number(new URL(dev.server.target.uiAddress!).port);
  const again = await startEmbeddedServer({ home: dev.home, ports: { server: port, ui }, findProgram, log: quiet, lifetime: 'own' });
  try {
    expect(await watched).toMatchObject({ kind: 'end', outcome: { status: 'done' } });
    expect(world.done.get('steady/shards')!.size).toBe(12);
    // A shard whose completion was lost runs again; nothing else does.
    expect(world.shards.length).toBeLessThanOrEqual(12 + 2);
  } finally {
    await again.stop();
  }
});
