// Histories of real runs, kept for the replay test. With TSTAR_SAVE_HISTORIES=1 the tests write the ones of this version
// (a new file per change of the workflow's commands; the old ones stay).
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

export const HISTORIES = join(import.meta.dirname, '..', 'histories');

export async function saveHistory(handle: WorkflowHandle, name: string): Promise<void> {
  if (process.env.TSTAR_SAVE_HISTORIES !== '1') return;
  await mkdir(HISTORIES, { recursive: true });
  await writeFile(join(HISTORIES, `${name}.json`), `${historyToJSON(await handle.fetchHistory())}\n`);
}
