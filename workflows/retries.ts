// How activities are retried and noticed when lost. The class of an error is its retry policy: UserError and programming
// errors end the run, everything else (network, disk, a lost worker) is tried again without end.
import type { ActivityOptions, RetryPolicy } from '@temporalio/workflow';

/**
 * No maximumAttempts: pausing an activity uses one up, and a full disk or a network is mended when a person mends it. The
 * built-in error classes are mistakes of ours, which another attempt repeats; a refused connection arrives as TransientError.
 */
export const retry: RetryPolicy = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '30s',
  nonRetryableErrorTypes: ['UserError', 'TypeError', 'RangeError', 'ReferenceError', 'SyntaxError'],
};

/** The worker beats every second for each activity; ten missed beats are a lost worker, or a completion that a killed server dropped. */
const heartbeatTimeout = '10s';

/** The work of a shard: as long as it beats it may run. */
export const shardActivity = {
  heartbeatTimeout,
  // The server demands a limit; no shard that beats takes a day.
  startToCloseTimeout: '24h',
  // The run's record is written when steps have really stopped, not when they were asked to.
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry,
} satisfies ActivityOptions;

/** Planning, looking up, finishing: the same, on the workflows' queue. They read folders and hash small JSON. */
export const lightActivity = { ...shardActivity, startToCloseTimeout: '1h' } satisfies ActivityOptions;

/** A failed or cancelled run is recorded too, but a broken disk must not keep it open for ever. */
export const lastWords = { ...lightActivity, scheduleToCloseTimeout: '10m' } satisfies ActivityOptions;
