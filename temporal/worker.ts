// A worker process's work: one SDK worker per queue, sharing a connection. `tstar` runs workflows and light activities,
// `tstar-cpu` and `tstar-cuda` one ONNX shard at a time. Stops in an orderly way when told to, when its parent is gone, or
// when one of its queues fails.
import { IllegalStateError } from '@temporalio/common';
import {
  GracefulShutdownPeriodExpiredError,
  NativeConnection,
  type NativeConnectionOptions,
  TransportError,
  Worker,
  type WorkerOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { TransientError, UserError } from '../formats/user-error.ts';
import type { QueueName } from '../pipelines/plan.ts';
import { beatEverySecond } from './beat.ts';
import { findBundle } from './bundle.ts';
import { unreachable } from './connection.ts';
import { workerIdentity } from './has-worker.ts';
import { installRuntime } from './runtime.ts';
import { isAlive, markProcess } from './server-record.ts';
import type { ServerTarget } from './settings.ts';

export type Activities = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;

export interface WorkerSetup {
  readonly connection: ServerTarget;
  readonly queues: readonly QueueName[];
  readonly activities: Activities;
  /** Activity types that plans may name on these queues; each must be served. An unknown one would be retried for ever. */
  readonly activityTypes?: readonly string[];
  /** The prebuilt or fresh bundle of workflows/ by default. */
  readonly workflowBundle?: WorkflowBundleOption;
  readonly identity?: string;
  readonly log?: (line: string) => void;
  /** Aborted: stop taking work, finish or hand back what is under way. */
  readonly signal?: AbortSignal;
  /** The worker stops when this process is gone. */
  readonly parentPid?: number;
  /** So long shards may go on after a stop; then they are cancelled and another worker takes them. */
  readonly graceMs?: number;
}

export interface RunningWorker {
  readonly identity: string;
  /** Settles when every queue has stopped; rejects with what made a queue fail. */
  readonly done: Promise<void>;
  stop(): Promise<void>;
}

/** The activities of every run, served with the workflows. */
const RUN_ACTIVITIES = ['planPipeline', 'lookUpUnits', 'finishRun'];
const DEFAULT_GRACE_MS = 10_000;
/** From cancelling what is under way to giving up on it: a session process is killed at once, its last write takes less. */
const FORCE_AFTER_MS = 5000;
/** Light activities read and hash small files: more at once only costs memory. */
const LIGHT_ACTIVITIES = 20;
const PARENT_CHECK_MS = 1000;

export async function startWorker(setup: WorkerSetup): Promise<RunningWorker> {
  checkServed(setup);
  installRuntime(setup.log ?? ((line) => process.stderr.write(`${line}\n`)));
  const identity = setup.identity ?? workerIdentity();
  const connection = await connectWorker(setup.connection);
  try {
    const bundle = setup.queues.includes('tstar') ? (setup.workflowBundle ?? (await findBundle())) : null;
    const workers = await Promise.all(
      setup.queues.map((queue) => Worker.create(workerOptions(setup, queue, connection, identity, bundle))),
    );
    return runWorkers(setup, workers, connection, identity);
  } catch (error) {
    await connection.close();
    throw explainFailure(setup.connection, error);
  }
}

async function connectWorker(target: ServerTarget): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect({ address: target.address, ...target.security } as NativeConnectionOptions);
  } catch (cause) {
    throw unreachable(target, cause);
  }
}

function workerOptions(
  { connection: target, activities, graceMs = DEFAULT_GRACE_MS }: WorkerSetup,
  queue: QueueName,
  connection: NativeConnection,
  identity: string,
  bundle: WorkflowBundleOption | null,
): WorkerOptions {
  return {
    connection,
    namespace: target.namespace,
    taskQueue: queue,
    identity,
    activities,
    interceptors: { activity: [beatEverySecond] },
    // Cancellation arrives with a beat; throttled to 80 % of the heartbeat timeout it would take many seconds.
    maxHeartbeatThrottleInterval: '1s',
    defaultHeartbeatThrottleInterval: '1s',
    shutdownGraceTime: graceMs,
    shutdownForceTime: graceMs + FORCE_AFTER_MS,
    // A model fills the machine: two shards at once would only share its cores and memory.
    maxConcurrentActivityTaskExecutions: queue === 'tstar' ? LIGHT_ACTIVITIES : 1,
    ...(queue === 'tstar' && bundle !== null ? { workflowBundle: bundle } : {}),
  };
}

function runWorkers(setup: WorkerSetup, workers: readonly Worker[], connection: NativeConnection, identity: string): RunningWorker {
  const shutDown = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  let asked = false;
  const end = (): void => {
    asked = true;
    shutDown();
  };
  const parent = watchParent(setup.parentPid, end);
  setup.signal?.addEventListener('abort', end);
  const runAll = async (): Promise<void> => {
    const ends = await Promise.allSettled(
      workers.map((worker) =>
        // One queue that fails takes the others along: half a worker looks like a whole one.
        worker.run().finally(shutDown),
      ),
    );
    clearInterval(parent);
    setup.signal?.removeEventListener('abort', end);
    const reasons = ends.flatMap((ended) => (ended.status === 'rejected' ? [ended.reason as unknown] : []));
    const late = asked && reasons.some(isLateStop);
    // What still waits for the server holds the connection.
    await connection.close().catch((error: unknown) => (late || reasons.length > 0 ? undefined : Promise.reject(error)));
    if (late) setup.log?.(LATE_STOP);
    else if (reasons.length > 0) throw explainFailure(setup.connection, reasons[0]);
  };
  const done = runAll();
  // A failure is for whoever awaits `done`; until then it is no unhandled rejection.
  done.catch(() => undefined);
  if (setup.signal?.aborted) end();
  const stop = async (): Promise<void> => {
    end();
    await done;
  };
  return { identity, done, stop };
}

const LATE_STOP =
  'warning: the worker has stopped with work under way that it could not hand back (does the Temporal server answer?); another worker gets it ten seconds after its last beat';

/** Past its grace and the time to force it, for instance because the server that would take the work back is gone. */
function isLateStop(reason: unknown): boolean {
  // The second stands in place of the first where the SDK's own clean-up fails too.
  return reason instanceof GracefulShutdownPeriodExpiredError || reason instanceof IllegalStateError;
}

/** A server that is gone is no bug of ours, whatever the native client makes of it. */
function explainFailure({ address }: ServerTarget, error: unknown): unknown {
  if (!(error instanceof TransportError)) return error;
  const [reason] = error.message.split('\n');
  return new TransientError(`the worker lost the Temporal server at ${address} (${reason}); unfinished runs are kept there`, {
    cause: error,
  });
}

function watchParent(pid: number | undefined, shutDown: () => void): NodeJS.Timeout | undefined {
  if (pid === undefined) return undefined;
  const parent = markProcess(pid);
  const watch = setInterval(() => {
    if (parent === null || !isAlive(parent)) shutDown();
  }, PARENT_CHECK_MS);
  watch.unref();
  return watch;
}

function checkServed({ queues, activities, activityTypes = [] }: WorkerSetup): void {
  if (queues.length === 0) throw new UserError('a worker needs at least one queue: tstar, tstar-cpu or tstar-cuda');
  const needed = [...activityTypes, ...(queues.includes('tstar') ? RUN_ACTIVITIES : [])];
  const missing = needed.filter((name) => typeof activities[name] !== 'function');
  if (missing.length > 0)
    throw new RangeError(`a worker of ${queues.join(', ')} must serve ${missing.join(', ')}, and has no such activity`);
}
