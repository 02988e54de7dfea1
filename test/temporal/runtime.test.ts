// What of the SDK's log reaches people, and in which words.
import type { LogEntry } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { UserError } from '../../formats/user-error.ts';
import { openFormat } from '../../temporal/runtime.ts';

const entry = (message: string, meta?: object): LogEntry => ({ level: 'WARN', message, timestampNanos: 0n, meta }) as LogEntry;

test('a failed activity is one line with its attempt; what a run fails with is told by the run', () => {
  const format = openFormat(() => 0);
  const meta = { activityType: 'captureHidden', attempt: 2, workflowId: 'w', error: new Error('disk full') };
  expect(format(entry('Activity failed', meta))).toBe('warning: Activity failed (captureHidden, attempt 2): disk full');
  expect(format(entry('Activity failed', { ...meta, error: new UserError('bad file') }))).toBeNull();
  expect(format(entry('Workflow failed', { workflowId: 'w' }))).toBeNull();
  expect(format(entry('No workflows registered, not polling for workflow tasks'))).toBeNull();
  expect(format(entry('Something new', { workflowId: 'w' }))).toBe('warning: Something new (w)');
});

test('a server that does not answer is one line in half a minute', () => {
  let nowMs = 0;
  const format = openFormat(() => nowMs);
  const outage = entry('gRPC call poll_activity_task_queue retried 6 times');
  const beat = entry('Error when recording heartbeat: Status { code: Unavailable, message: "tcp connect error" }');
  expect([format(outage), format(outage), format(beat)]).toEqual([
    'warning: the Temporal server does not answer; trying again',
    null,
    null,
  ]);
  nowMs = 31_000;
  expect(format(outage)).not.toBeNull();
});
