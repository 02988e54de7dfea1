// Histories of real runs, kept for the replay test. With TSTAR_SAVE_HISTORIES=1 the tests write those of this version; an
// older version's files stay under names of their own.
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

export const HISTORIES = join(import.meta.dirname, '..', 'histories');

export interface SavedHistory {
  /** Child ids derive from it, and a history does not hold it. */
  readonly workflowId: string;
  readonly history: unknown;
}

export function savedNames(): string[] {
  return readdirSync(HISTORIES)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length));
}

export function savedHistory(name: string): SavedHistory {
  return JSON.parse(readFileSync(join(HISTORIES, `${name}.json`), 'utf8')) as SavedHistory;
}

export async function saveHistory(handle: WorkflowHandle, name: string): Promise<void> {
  if (process.env.TSTAR_SAVE_HISTORIES !== '1') return;
  // Who wrote it, on which machine and from which folder says nothing to a replay.
  const anonymous = (key: string, value: unknown) => {
    if (key === 'identity' || key === 'stackTrace') return '';
    return key === 'name' && String(value).includes('@') ? 'sticky' : value;
  };
  const history = JSON.parse(historyToJSON(await handle.fetchHistory()), anonymous) as unknown;
  const saved: SavedHistory = { workflowId: handle.workflowId, history };
  await mkdir(HISTORIES, { recursive: true });
  await writeFile(join(HISTORIES, `${name}.json`), `${JSON.stringify(saved)}\n`);
}
