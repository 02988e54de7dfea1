// A version of the workflows that does not exist yet: it calls an activity that today's does not, and asks `patched` before. As
// docs/durability.md says that a change of what a workflow does is made.
import { patched, proxyActivities } from '@temporalio/workflow';
import { runPipeline } from '../../workflows/run-pipeline.ts';

export { runShards } from '../../workflows/run-shards.ts';

const { announce } = proxyActivities<{ announce(): Promise<void> }>({ startToCloseTimeout: '1m' });

export default async function runAnnounced(...args: Parameters<typeof runPipeline>): ReturnType<typeof runPipeline> {
  if (patched('announce-the-run')) await announce();
  return runPipeline(...args);
}
