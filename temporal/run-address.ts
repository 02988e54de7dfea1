// Addresses in the Temporal UI: of a run, and of the form that starts one. The form takes the input of the latest run of
// that type unless the link carries a workflow id, which it asks for anyway.
import type { ServerTarget } from './settings.ts';
import { nameRun } from './start-run.ts';

/** Null where nobody said where the UI of this cluster is. */
export function runAddress({ uiAddress, namespace }: ServerTarget, run: string, temporalRunId: string): string | null {
  if (uiAddress === null) return null;
  return `${uiAddress}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(run)}/${encodeURIComponent(temporalRunId)}/history`;
}

export function startFormAddress({ uiAddress, namespace }: ServerTarget, pipeline: string, now: Date = new Date()): string | null {
  if (uiAddress === null) return null;
  const fields = new URLSearchParams({ taskQueue: 'tstar', workflowType: pipeline, workflowId: nameRun(pipeline, now) });
  return `${uiAddress}/namespaces/${encodeURIComponent(namespace)}/workflows/start-workflow?${fields}`;
}
