// Whether somebody takes the activities of a queue. The server remembers who asked for work; a worker that was killed stays
// in its memory for minutes, so one of this machine counts only while its process is there.
import { hostname } from 'node:os';
import type { OpenClient } from './connection.ts';
import { processToken } from './process-token.ts';

/** The server forgets pollers after five minutes; a live one asks again every minute. */
const POLLER_AGE_MS = 90_000;
/** TASK_QUEUE_TYPE_ACTIVITY of temporal.api.enums.v1. */
const ACTIVITIES = 2;

export async function hasWorker({ client, target }: Pick<OpenClient, 'client' | 'target'>, queue: string): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: target.namespace,
    taskQueue: { name: queue },
    taskQueueType: ACTIVITIES,
  });
  return (pollers ?? []).some(
    ({ identity, lastAccessTime }) => Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1000 < POLLER_AGE_MS && !isGone(identity ?? ''),
  );
}

/** What a worker calls itself to the server. */
export function workerIdentity(): string {
  return `${process.pid}@${hostname()}`;
}

/** A worker of this machine whose process has ended. */
function isGone(identity: string): boolean {
  const [pid, host] = identity.split('@');
  return host === hostname() && /^[1-9]\d*$/.test(pid ?? '') && processToken(Number(pid)) === null;
}
