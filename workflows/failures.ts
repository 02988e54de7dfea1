// What a run fails with: one line for people, the same as on the command line, and never retried. Temporal wraps what an
// activity threw in ActivityFailure and ChildWorkflowFailure; the cause says what happened.
import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure } from '@temporalio/workflow';
import type { Lost } from './messages.ts';

/** Bad input that the workflow itself notices. */
export function userError(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, 'UserError');
}

/** The run's own failure for what an activity or child threw. A UserError's message is passed on as it is, others name the activity. */
export function runFailure(error: unknown): ApplicationFailure {
  const cause = causeOf(error);
  if (error instanceof ApplicationFailure && cause === error) return error;
  const type = cause instanceof ApplicationFailure ? (cause.type ?? 'Error') : cause instanceof Error ? cause.name : 'Error';
  const text = cause instanceof Error ? cause.message : String(cause);
  const message = type === 'UserError' ? text : `${activityOf(error)}${type}: ${text}`;
  return ApplicationFailure.create({ message, type, nonRetryable: true, ...(error instanceof Error ? { cause: error } : {}) });
}

/** What the store has lost, where that is why an activity failed; null for any other failure. */
export function lostOf(error: unknown): Lost | null {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure && cause.type === 'LostArtifact' ? ((cause.details?.[0] ?? null) as Lost | null) : null;
}

function causeOf(error: unknown): unknown {
  const wraps = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure;
  return wraps && error.cause !== undefined ? causeOf(error.cause) : error;
}

function activityOf(error: unknown): string {
  if (error instanceof ActivityFailure) return `${error.activityType} failed with `;
  return error instanceof ChildWorkflowFailure ? activityOf(error.cause) : '';
}
