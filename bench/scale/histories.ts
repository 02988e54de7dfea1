// How long the histories of a run became: its own executions and those of its child workflows.

import type { OpenClient } from '../../temporal/connection.ts';
import { sleepMs } from '../../temporal/ports.ts';

export interface History {
  readonly events: number;
  readonly megabytes: number;
}

/** The server's list follows within a second or two. */
const LIST_PATIENCE_MS = 30_000;

/** Executions of the run, and the most events and bytes that one of them has. */
export async function longestHistory(
  { client }: OpenClient,
  run: string,
): Promise<{ readonly histories: number; readonly longest: History }> {
  const deadlineMs = Date.now() + LIST_PATIENCE_MS;
  for (;;) {
    let [histories, events, megabytes, open] = [0, 0, 0, 0];
    for await (const { historyLength, historySize, status } of client.workflow.list({
      query: `WorkflowId = '${run}' OR WorkflowId STARTS_WITH '${run}.'`,
    })) {
      histories++;
      if (status.name === 'RUNNING') open++;
      events = Math.max(events, historyLength);
      megabytes = Math.max(megabytes, (historySize ?? 0) / 1e6);
    }
    if ((open === 0 && histories > 0) || Date.now() > deadlineMs) return { histories, longest: { events, megabytes } };
    await sleepMs(500);
  }
}
