// One activity per shard, a bounded number at a time: used by the run itself for a few hundred shards, by child workflows
// for each slice of more. Shards are transport: a shard that is run twice finds its units in the store.
import { CancellationScope, proxyActivities } from '@temporalio/workflow';
import type { QueueName } from '../pipelines/plan.ts';
import type { ShardInput, ShardResult } from './messages.ts';
import { shardActivity } from './retries.ts';
import { enterShard, type Window } from './window.ts';

/** Shards [from, to) of a node's shard list. */
export interface ShardJob extends Omit<ShardInput, 'shard'> {
  readonly activity: string;
  readonly queue: QueueName;
  readonly shardCount: number;
  /** What the timeline of the UI says; each shard adds its place. */
  readonly summary: string;
  readonly from: number;
  readonly to: number;
}

export interface ShardListener {
  readonly onShard: (result: ShardResult) => void;
  /** True: start no more shards (the run is about to continue as new). */
  readonly draining: () => boolean;
}

/** Runs the job's shards; returns the first that was not started. The first failure cancels the others and is thrown. */
export async function fanOut(job: ShardJob, window: Window, listener: ShardListener): Promise<number> {
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | null = null;
  let next = job.from;
  const scope = new CancellationScope();
  const start = (shard: number): void => {
    const work = runShard(job, shard)
      .then(listener.onShard)
      .catch((error: unknown) => {
        failure ??= { error };
        scope.cancel();
      })
      .finally(() => {
        window.shards--;
        running.delete(work);
      });
    running.add(work);
  };
  try {
    await scope.run(async () => {
      const givenUp = () => failure !== null || listener.draining();
      while (next < job.to && (await enterShard(window, givenUp))) start(next++);
      await Promise.all(running);
    });
  } catch (error) {
    failure ??= { error };
    await Promise.all(running);
  }
  if (failure !== null) throw (failure as { readonly error: unknown }).error;
  return next;
}

async function runShard(job: ShardJob, shard: number): Promise<ShardResult> {
  const { run, plan, node, indexes, shards } = job;
  const summary = job.shardCount === 1 ? job.summary : `${job.summary} · shard ${shard + 1} of ${job.shardCount}`;
  const activities = proxyActivities<Record<string, (input: ShardInput) => Promise<ShardResult>>>({
    ...shardActivity,
    taskQueue: job.queue,
    // The server keeps at most 400 bytes of a summary.
    summary: summary.slice(0, 200),
  });
  return activities[job.activity]!({ run, plan, node, indexes, shards, shard });
}
