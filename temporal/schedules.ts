// Schedules: runs that the server starts by itself, at an interval or by a cron line. They live in the server, so they go on
// after a restart; while it is down nothing starts, and what was missed longer ago than an hour is left out.
import { ScheduleAlreadyRunning, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import { UserError } from '../formats/user-error.ts';
import type { RunInput } from '../workflows/messages.ts';
import { explainCall, type OpenClient } from './connection.ts';

export type ScheduleTimes =
  | { readonly kind: 'every'; readonly everyMs: number }
  /** Five fields, in UTC, or @daily and the like. */
  | { readonly kind: 'cron'; readonly cron: string };

export interface ScheduleRequest {
  readonly name: string;
  readonly workflowType: string;
  readonly pipeline: string;
  readonly input: RunInput;
  readonly times: ScheduleTimes;
}

export interface ListedSchedule {
  readonly name: string;
  readonly pipeline: string;
  readonly when: string;
  readonly paused: boolean;
  readonly nextAt: string | null;
  /** Runs that it started lately, the last one last. */
  readonly runs: readonly string[];
}

export const CATCHUP_MS = 3_600_000;

export async function createSchedule({ client, target }: OpenClient, request: ScheduleRequest): Promise<void> {
  const { name, workflowType, pipeline, input, times } = request;
  try {
    await client.schedule.create({
      scheduleId: name,
      spec: times.kind === 'every' ? { intervals: [{ every: times.everyMs }] } : { cronExpressions: [times.cron] },
      // The server adds the time to the workflow id: effective-noise-2026-11-24T02:00:00Z.
      action: { type: 'startWorkflow', workflowType, workflowId: pipeline, taskQueue: 'tstar', args: [input] },
      // A run that takes longer than the interval is not overtaken by the next one.
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCHUP_MS },
      // Lists show no times as they were given, and no pipeline of an inline spec.
      memo: { tstar: { pipeline, when: timesText(times) } },
    });
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning)
      throw new UserError(`there is a schedule ${name} already: tstar schedule --delete ${name}, or give this one another --name`, {
        cause: error,
      });
    // The client's name for a spec that the server refuses; the message is the server's.
    if (error instanceof TypeError)
      throw new UserError(`schedule ${name}: the server refuses ${timesText(times)} (${error.message})`, { cause: error });
    throw explainCall(target, error);
  }
}

/** Those that `createSchedule` made, by name. */
export async function listSchedules({ client, target }: OpenClient): Promise<readonly ListedSchedule[]> {
  const found: ListedSchedule[] = [];
  try {
    for await (const { scheduleId, memo, state, info } of client.schedule.list()) {
      const own = memo?.tstar as { readonly pipeline: string; readonly when: string } | undefined;
      if (own === undefined) continue;
      found.push({
        name: scheduleId,
        ...own,
        paused: state.paused,
        nextAt: info.nextActionTimes[0]?.toISOString() ?? null,
        runs: info.recentActions.map(({ action }) => action.workflow.workflowId),
      });
    }
  } catch (error) {
    throw explainCall(target, error);
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Runs that it has started go on. */
export async function deleteSchedule({ client, target }: OpenClient, name: string): Promise<void> {
  try {
    await client.schedule.getHandle(name).delete();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError)
      throw new UserError(`the Temporal server at ${target.address} has no schedule ${name}; tstar schedule lists them`, { cause: error });
    throw explainCall(target, error);
  }
}

/** `every 6 h`, `cron 0 3 * * * (UTC)` */
export function timesText(times: ScheduleTimes): string {
  if (times.kind === 'cron') return `cron ${times.cron} (UTC)`;
  const [unit, unitMs] = UNITS.find(([, ms]) => times.everyMs % ms === 0) ?? ['ms', 1];
  return `every ${times.everyMs / unitMs} ${unit}`;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;
