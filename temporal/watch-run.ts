// Follows a run about once a second: its own progress query merged with what the running activities last reported and
// where shards wait for a worker; then how it ended. Reads only; whoever watches may stop at any time.

import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure, defaultPayloadConverter, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import type { RunProgress, RunResult, ShardBeat } from '../workflows/messages.ts';
import { grpcCode, type OpenClient } from './connection.ts';
import { hasWorker } from './has-worker.ts';
import { explainRun } from './list-runs.ts';
import { sleepMs } from './ports.ts';

export type RunView =
  | {
      readonly kind: 'progress';
      /** Null until a worker has answered: a query needs a live one. */
      readonly progress: RunProgress | null;
      /** What shards under way last reported. */
      readonly beats: readonly ShardBeat[];
      /** Activities that failed and are tried again: what an impatient person wants to know. */
      readonly retries: readonly { readonly activity: string; readonly attempt: number; readonly message: string }[];
      /** Queues with work and no worker. */
      readonly waitingFor: readonly string[];
    }
  | { readonly kind: 'end'; readonly progress: RunProgress | null; readonly outcome: RunOutcome };

export type RunOutcome =
  | { readonly status: 'done'; readonly result: RunResult }
  /** `type` is the error's class: `UserError` for bad input. */
  | { readonly status: 'failed'; readonly type: string; readonly message: string }
  | { readonly status: 'cancelled'; readonly message: string };

export interface WatchOptions {
  readonly signal?: AbortSignal;
  readonly intervalMs?: number;
}

type PendingActivity = temporal.api.workflow.v1.IPendingActivityInfo;

/** A query that no worker answers would hang for half a minute. */
const QUERY_LIMIT_MS = 2000;
/** The last one tells what the run came to; a worker that is there may be busy with another run's page. */
const LAST_QUERY_LIMIT_MS = 30_000;
/** gRPC status of a server that is not there; a restart on the same SQLite file takes seconds. */
const UNAVAILABLE = 14;
const SERVER_PATIENCE_MS = 60_000;
/** PENDING_ACTIVITY_STATE_STARTED of temporal.api.enums.v1. */
const STARTED = 2;
/** Of a run's children; more than this at once do not fit on a screen. */
const MAX_CHILDREN = 8;

/** Yields views until the run has ended; the last one is its end. An aborted signal ends the watching, not the run. */
export async function* watchRun(open: OpenClient, run: string, { signal, intervalMs = 1000 }: WatchOptions = {}): AsyncGenerator<RunView> {
  let outcome: RunOutcome | null = null;
  let lost: { readonly error: unknown } | null = null;
  const ended = waitForRun(open, run, signal).then(
    (value) => {
      outcome = value;
    },
    (error: unknown) => {
      lost = { error };
    },
  );
  const over = () => outcome !== null || lost !== null;
  const aborted = new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
  let progress: RunProgress | null = null;
  while (!over() && !signal?.aborted) {
    // A server that is gone is asked for half a minute before the client gives up: not waited for once the run or the watching is over.
    const seen = await Promise.race([look(open, run), ended, aborted]);
    if (seen === undefined) break;
    progress = seen.progress ?? progress;
    yield { kind: 'progress', ...seen, progress };
    await Promise.race([ended, sleepMs(intervalMs), aborted]);
  }
  if (lost !== null && !signal?.aborted) throw (lost as { readonly error: unknown }).error;
  if (outcome === null) return;
  const hasAnswer = await hasWorker(open, 'tstar').catch(() => false);
  const last = hasAnswer ? await Promise.race([queryProgress(open, run, LAST_QUERY_LIMIT_MS), aborted]) : null;
  yield { kind: 'end', progress: last ?? progress, outcome };
}

/**
 * How the run ends, through all executions that it continues as. A server that is being restarted is waited for. An aborted
 * signal ends the call: one left open is retried by the client's timer after the connection is closed, which nobody can catch.
 */
export async function waitForRun({ client, target }: OpenClient, run: string, signal?: AbortSignal): Promise<RunOutcome> {
  let heardAtMs = Date.now();
  const result = (): Promise<unknown> => client.workflow.getHandle(run).result();
  for (;;) {
    try {
      return { status: 'done', result: (await (signal ? client.withAbortSignal(signal, result) : result())) as RunResult };
    } catch (error) {
      if (signal?.aborted) throw error;
      if (error instanceof WorkflowFailedError) return explainEnd(run, error.cause);
      if (grpcCode(error) !== UNAVAILABLE || Date.now() - heardAtMs > SERVER_PATIENCE_MS) throw explainRun({ target }, run, error);
    }
    await sleepMs(1000);
    const answers = await client.workflow
      .getHandle(run)
      .describe()
      .then(() => true)
      .catch(() => false);
    if (answers) heardAtMs = Date.now();
  }
}

function explainEnd(run: string, cause: unknown): RunOutcome {
  if (cause instanceof CancelledFailure) return { status: 'cancelled', message: `${run} was cancelled` };
  if (cause instanceof TerminatedFailure)
    return { status: 'failed', type: 'TerminatedFailure', message: `${run} was terminated from outside` };
  if (cause instanceof TimeoutFailure) return { status: 'failed', type: 'TimeoutFailure', message: `${run} ran into its time limit` };
  const type = cause instanceof ApplicationFailure ? (cause.type ?? 'Error') : 'Error';
  return { status: 'failed', type, message: cause instanceof Error ? cause.message : String(cause) };
}

async function queryProgress({ client }: OpenClient, run: string, limitMs = QUERY_LIMIT_MS): Promise<RunProgress | null> {
  try {
    return await client.withDeadline(Date.now() + limitMs, () => client.workflow.getHandle(run).query<RunProgress>('progress'));
  } catch {
    // No worker, or a server that is being restarted: the next second tells more.
    return null;
  }
}

async function look(open: OpenClient, run: string): Promise<Omit<Extract<RunView, { kind: 'progress' }>, 'kind'>> {
  const progress = await queryProgress(open, run);
  return { progress, ...(await describeWork(open, run)) };
}

type Work = Omit<Extract<RunView, { kind: 'progress' }>, 'kind' | 'progress'>;

async function describeWork(open: OpenClient, run: string): Promise<Work> {
  const pending = await pendingActivities(open, run).catch(() => []);
  const idle = await Promise.all(
    queuesToAsk(pending).map(async (queue) => ((await hasWorker(open, queue).catch(() => true)) ? [] : [queue])),
  );
  return { beats: pending.flatMap(readBeat), retries: pending.flatMap(readRetry), waitingFor: idle.flat() };
}

/** Queues with activities that nobody has taken yet, less those whose worker is at work for this run: it takes them in turn. */
export function queuesToAsk(pending: readonly PendingActivity[]): readonly string[] {
  const queueOf = ({ activityOptions }: PendingActivity) => activityOptions?.taskQueue?.name ?? '';
  const served = new Set(pending.filter(({ state }) => state === STARTED).map(queueOf));
  const waiting = pending.filter(({ attempt, lastStartedTime }) => !lastStartedTime && (attempt ?? 1) <= 1).map(queueOf);
  return [...new Set(waiting)].filter((queue) => queue !== '' && !served.has(queue));
}

async function pendingActivities({ client }: OpenClient, run: string): Promise<PendingActivity[]> {
  const { raw } = await client.workflow.getHandle(run).describe();
  const children = (raw.pendingChildren ?? []).slice(0, MAX_CHILDREN);
  const described = await Promise.all(
    children.map(async ({ workflowId }) =>
      workflowId ? ((await client.workflow.getHandle(workflowId).describe()).raw.pendingActivities ?? []) : [],
    ),
  );
  return [...(raw.pendingActivities ?? []), ...described.flat()];
}

function readBeat({ heartbeatDetails }: PendingActivity): ShardBeat[] {
  const payload = heartbeatDetails?.payloads?.[0];
  if (!payload) return [];
  const beat = defaultPayloadConverter.fromPayload<Partial<ShardBeat> | null>(payload);
  return typeof beat === 'object' && beat !== null && typeof beat.node === 'string' ? [beat as ShardBeat] : [];
}

function readRetry({ activityType, attempt, lastFailure }: PendingActivity): Work['retries'][number][] {
  if (!lastFailure) return [];
  return [
    {
      activity: activityType?.name ?? '',
      attempt: attempt ?? 1,
      message: lastFailure.message || (lastFailure.cause?.message ?? 'timed out'),
    },
  ];
}
