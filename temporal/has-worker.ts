// Whether somebody takes the activities of a queue. The server remembers who asked for work. A worker that was killed stays in its
// memory for minutes, and one whose slots are all taken does not ask; of one on this machine its process tells.
import { hostname } from 'node:os';
import type { temporal } from '@temporalio/proto';
import type { OpenClient } from './connection.ts';
import { processToken } from './process-token.ts';

/** The server forgets pollers after five minutes; one with a free slot asks again every minute. */
const POLLER_AGE_MS = 90_000;
/** TASK_QUEUE_TYPE_ACTIVITY of temporal.api.enums.v1. */
const ACTIVITIES = 2;

type Poller = Pick<temporal.api.taskqueue.v1.IPollerInfo, 'identity' | 'lastAccessTime'>;

export async function hasWorker({ client, target }: Pick<OpenClient, 'client' | 'target'>, queue: string): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: target.namespace,
    taskQueue: { name: queue },
    taskQueueType: ACTIVITIES,
  });
  return (pollers ?? []).some((poller) => isThere(poller, Date.now()));
}

/** Whether the worker that the server remembers is there still. */
export function isThere({ identity, lastAccessTime }: Poller, nowMs: number): boolean {
  const [pid, host] = (identity ?? '').split('@');
  if (host === hostname() && /^[1-9]\d*$/.test(pid ?? '')) return processToken(Number(pid)) !== null;
  return nowMs - Number(lastAccessTime?.seconds ?? 0) * 1000 < POLLER_AGE_MS;
}

/** What a worker calls itself to the server. */
export function workerIdentity(): string {
  return `${process.pid}@${hostname()}`;
}
