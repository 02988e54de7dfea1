// The runs that a server knows, unfinished ones first, then from the last that ended, and what can be done to one without being its watcher: cancel it.
import { WorkflowNotFoundError } from '@temporalio/client';
import { UserError } from '../formats/user-error.ts';
import { explainCall, grpcCode, type OpenClient } from './connection.ts';

export interface ListedRun {
  readonly run: string;
  readonly temporalRunId: string;
  /** The pipeline's name, or `runPipeline`. */
  readonly workflowType: string;
  readonly status: 'running' | 'done' | 'failed' | 'cancelled' | 'terminated' | 'timed out' | 'unknown';
  readonly startedAt: string;
  readonly endedAt: string | null;
}

export interface RunFilter {
  readonly unfinished?: boolean;
  readonly workflowType?: string;
}

const STATUS: { readonly [name: string]: ListedRun['status'] } = {
  RUNNING: 'running',
  PAUSED: 'running',
  CONTINUED_AS_NEW: 'running',
  COMPLETED: 'done',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed out',
};

export async function* listRuns({ client }: Pick<OpenClient, 'client'>, filter: RunFilter = {}): AsyncGenerator<ListedRun> {
  const conditions = ["TaskQueue = 'tstar'", "WorkflowType != 'runShards'"];
  // Executions that continued as new are earlier parts of a run that is listed anyway.
  conditions.push(filter.unfinished ? "ExecutionStatus = 'Running'" : "ExecutionStatus != 'ContinuedAsNew'");
  // A name with a quote in it is no pipeline's, and must not become part of the query's language.
  if (filter.workflowType !== undefined) conditions.push(`WorkflowType = '${filter.workflowType.replaceAll(/['\\]/g, '')}'`);
  for await (const { workflowId, runId, type, status, startTime, closeTime } of client.workflow.list({ query: conditions.join(' AND ') })) {
    yield {
      run: workflowId,
      temporalRunId: runId,
      workflowType: type,
      status: STATUS[status.name] ?? 'unknown',
      startedAt: startTime.toISOString(),
      endedAt: closeTime?.toISOString() ?? null,
    };
  }
}

/** Asks the run to stop; its steps end within seconds and its record says cancelled. */
export async function cancelRun({ client, target }: OpenClient, run: string): Promise<void> {
  try {
    await client.workflow.getHandle(run).cancel();
  } catch (error) {
    throw explainRun({ target }, run, error);
  }
}

/** gRPC status 5 is "not found", which the server also says of a run that has ended. */
export function explainRun({ target }: Pick<OpenClient, 'target'>, run: string, error: unknown): unknown {
  const absent = error instanceof WorkflowNotFoundError || grpcCode(error) === 5;
  return absent
    ? new UserError(`the Temporal server at ${target.address} has no unfinished run ${run}; tstar runs lists them`, { cause: error })
    : explainCall(target, error);
}
