// `tstar worker`: serves task queues until SIGINT, SIGTERM or the end of the process that started it. `tstar run` and `tstar up`
// start this same command as a process of its own.
import { createActivities } from '../activities/activities.ts';
import { createServices } from '../activities/services.ts';
import { UserError } from '../formats/user-error.ts';
import type { QueueName } from '../pipelines/plan.ts';
import { connectWorker } from '../temporal/connection.ts';
import { readTarget } from '../temporal/embedded-server.ts';
import { QUEUES } from '../temporal/settings.ts';
import { startWorker } from '../temporal/worker.ts';
import { openWorkplace } from './workplace.ts';

export async function worker(options: { readonly queue: readonly string[]; readonly parent?: string }): Promise<number> {
  const queues = options.queue.length > 0 ? options.queue.map(queueName) : defaultQueues();
  const { home, store, hub, log } = await openWorkplace();
  const target = await readTarget(home);
  const services = createServices({ store, hub, log });
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  try {
    const connection = await connectWorker(target);
    const activities = createActivities({ services, namespace: target.namespace, connection });
    log(`worker ${process.pid} serves ${queues.join(', ')} of ${target.address} with store ${store.location}`);
    await startWorker({ connection, namespace: target.namespace, queues, activities, signal: stop.signal, ...(options.parent === undefined ? {} : { parentPid: Number(options.parent) }) });
  } finally {
    await services.close();
  }
  return 0;
}

function queueName(name: string): QueueName {
  if ((QUEUES as readonly string[]).includes(name)) return name as QueueName;
  throw new UserError(`--queue ${name}: there is no such queue, choose from ${QUEUES.join(', ')}`);
}

/** The CUDA queue is served only where somebody asked for it: a machine without a GPU must not take its shards. */
function defaultQueues(): QueueName[] {
  return ['tstar', 'tstar-cpu'];
}
