// Starts a run under its pipeline's name, with the same input as a person would type into the UI's form, or attaches to an
// unfinished run of the same pipeline and input: the same command goes on with what it was interrupted in.
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { defaultPayloadConverter } from '@temporalio/common';
import type { RunInput, RunOptions } from '../workflows/messages.ts';
import { explainCall, type OpenClient } from './connection.ts';
import { type ListedRun, listRuns } from './list-runs.ts';

export interface RunRequest {
  /** A pipeline's name, or `runPipeline` with `{ spec, params }`. */
  readonly workflowType: string;
  /** For the run's name; the workflow type by default. */
  readonly pipeline?: string;
  readonly input: RunInput;
  readonly options?: RunOptions;
  /** `new` starts another run beside an unfinished one of the same input. */
  readonly unfinished?: 'attach' | 'new';
  readonly now?: Date;
}

export interface StartedRun {
  readonly run: string;
  readonly temporalRunId: string;
  /** The run was there already; nothing was started. */
  readonly attached: boolean;
}

export async function startRun({ client, target }: OpenClient, request: RunRequest): Promise<StartedRun> {
  const { workflowType, input, options = {} } = request;
  try {
    const same = request.unfinished === 'new' ? null : await findUnfinished({ client, target }, request);
    if (same !== null) return { run: same.run, temporalRunId: same.temporalRunId, attached: true };
    const run = nameRun(request.pipeline ?? workflowType, request.now ?? new Date());
    const args: unknown[] = Object.keys(options).length === 0 ? [input] : [input, options];
    const handle = await client.workflow.start(workflowType, {
      workflowId: run,
      taskQueue: 'tstar',
      args,
      workflowIdConflictPolicy: 'FAIL',
    });
    return { run, temporalRunId: handle.firstExecutionRunId, attached: false };
  } catch (error) {
    throw explainCall(target, error);
  }
}

/** `effective-noise-20261124-020301-ab12`: readable, sorted by time (UTC), and not the same for two started in one second. */
export function nameRun(pipeline: string, now: Date): string {
  const [date, time] = now.toISOString().split('T') as [string, string];
  return `${pipeline}-${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}-${randomBytes(2).toString('hex')}`;
}

/** The newest unfinished run of the same type, input and selection of steps. How much is forced or in flight makes no other run. */
async function findUnfinished(open: Pick<OpenClient, 'client' | 'target'>, request: RunRequest): Promise<ListedRun | null> {
  const wanted = identity([request.input, request.options]);
  for await (const listed of listRuns(open, { unfinished: true, workflowType: request.workflowType })) {
    if (isDeepStrictEqual(identity(await readArguments(open, listed)), wanted)) return listed;
  }
  return null;
}

function identity([input = {}, options = {}]: readonly unknown[]): unknown {
  return { input, until: [...((options as RunOptions).until ?? [])].sort() };
}

const UNREADABLE = Symbol('unreadable');

/** The first event of a history holds the arguments, however the run was started. */
async function readArguments(
  { client, target }: Pick<OpenClient, 'client' | 'target'>,
  { run, temporalRunId }: ListedRun,
): Promise<unknown[]> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: target.namespace,
    execution: { workflowId: run, runId: temporalRunId },
    maximumPageSize: 1,
  });
  const payloads = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  return payloads.map((payload) => {
    try {
      return defaultPayloadConverter.fromPayload(payload);
    } catch {
      // A start that nobody can read is no start of ours; the worker refuses it.
      return UNREADABLE;
    }
  });
}
