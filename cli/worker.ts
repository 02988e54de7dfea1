// `tstar worker`: serves task queues until SIGINT, SIGTERM or the end of the process that started it. `tstar run` and `tstar up`
// start this same command as a process of its own.
import { createActivities } from '../activities/activities.ts';
import { createServices } from '../activities/services.ts';
import { UserError } from '../formats/user-error.ts';
import { readHubSettings } from '../hub/settings.ts';
import type { QueueName } from '../pipelines/plan.ts';
import { activityName } from '../pipelines/step.ts';
import { connect } from '../temporal/connection.ts';
import { runAddress } from '../temporal/run-address.ts';
import { knownSearchAttributes } from '../temporal/search-attributes.ts';
import { QUEUES } from '../temporal/settings.ts';
import { startWorker } from '../temporal/worker.ts';
import { knownSteps } from './known-steps.ts';
import { readRoots } from './roots.ts';
import { runningServer } from './server.ts';
import { openWorkplace } from './workplace.ts';

export interface WorkerOptions {
  readonly queue: readonly string[];
  readonly parent?: string;
  readonly quiet?: boolean;
}

/** The CUDA queue is served only where somebody asked for it: a machine without a GPU must not take its shards. */
const DEFAULT_QUEUES: readonly QueueName[] = ['tstar', 'tstar-cpu'];

export async function worker(options: WorkerOptions): Promise<number> {
  const queues = options.queue.length > 0 ? options.queue.map(queueName) : DEFAULT_QUEUES;
  const steps = await knownSteps();
  const { home, store, hub, log } = await openWorkplace({ sweep: true });
  const target = await runningServer(home);
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  const services = createServices({ store, hub, log });
  const open = await connect(target);
  try {
    const activities = createActivities({
      services,
      steps,
      namespace: target.namespace,
      roots: await readRoots({ mirrors: readHubSettings(process.env).mirrors }),
      uiAddress: (run, temporalRunId) => runAddress(target, run, temporalRunId),
      searchAttributes: () => knownSearchAttributes(open.client, target.namespace).catch(() => []),
    });
    const running = await startWorker({
      connection: target,
      queues,
      activities,
      activityTypes: steps.map((step) => activityName(step.name)),
      log,
      signal: stop.signal,
      ...(options.parent === undefined ? {} : { parentPid: Number(options.parent) }),
    });
    if (!options.quiet) log(`worker ${running.identity} serves ${queues.join(', ')} of ${target.address}, store ${store.location}`);
    await running.done;
  } finally {
    await services.close();
    await open.close();
  }
  return 0;
}

function queueName(name: string): QueueName {
  if ((QUEUES as readonly string[]).includes(name)) return name as QueueName;
  throw new UserError(`--queue ${name}: there is no such queue; choose from ${QUEUES.join(', ')}`);
}
