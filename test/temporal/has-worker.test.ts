// Who takes the activities of a queue: a worker on this machine counts while its process is there, however busy it is; one
// elsewhere by when it last asked; and a queue whose worker is at work for the run is not asked about.
import { spawn } from 'node:child_process';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { isThere, workerIdentity } from '../../temporal/has-worker.ts';
import { queuesToAsk } from '../../temporal/watch-run.ts';

const NOW_MS = 1_800_000_000_000;
const askedSecondsAgo = (identity: string, seconds: number) =>
  ({ identity, lastAccessTime: { seconds: NOW_MS / 1000 - seconds } }) as unknown as Parameters<typeof isThere>[0];

describe('a worker that the server remembers', () => {
  it('of this machine is there while its process is, though all its slots have been taken for minutes', async () => {
    expect(isThere(askedSecondsAgo(workerIdentity(), 290), NOW_MS)).toBe(true);
    const child = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => child.once('exit', resolve));
    expect(isThere(askedSecondsAgo(`${child.pid}@${hostname()}`, 1), NOW_MS)).toBe(false);
  });

  it.each(['17@elsewhere', 'named by hand'])('of another (%s) is there while it asks', (identity) => {
    expect(isThere(askedSecondsAgo(identity, 80), NOW_MS)).toBe(true);
    expect(isThere(askedSecondsAgo(identity, 100), NOW_MS)).toBe(false);
  });
});

describe('a queue to ask about', () => {
  const activityOptions = (name: string) => ({ taskQueue: { name } });
  const started = (name: string) => ({ state: 2, lastStartedTime: {}, attempt: 1, activityOptions: activityOptions(name) });
  const scheduled = (name: string, attempt = 1) => ({ state: 1, attempt, activityOptions: activityOptions(name) });

  it('is one where something waits, once', () => {
    expect(queuesToAsk([scheduled('tstar-cpu'), scheduled('tstar-cpu'), scheduled('tstar')])).toEqual(['tstar-cpu', 'tstar']);
  });

  it('is not one whose worker works for the run: what waits there has its turn later', () => {
    expect(queuesToAsk([started('tstar-cpu'), scheduled('tstar-cpu'), scheduled('tstar-cuda')])).toEqual(['tstar-cuda']);
  });

  it('is not one that somebody took work from before, to try again', () => {
    expect(queuesToAsk([scheduled('tstar-cpu', 2)])).toEqual([]);
  });
});
