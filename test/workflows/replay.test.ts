// Saved histories of earlier versions replay without a difference: a run that was started before an upgrade finishes after it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { findBundle } from '../../temporal/bundle.ts';
import { installRuntime } from '../../temporal/runtime.ts';
import { HISTORIES, type SavedHistory } from './histories.ts';

const names = readdirSync(HISTORIES).filter((file) => file.endsWith('.json'));

test('every saved history replays', async () => {
  installRuntime(() => undefined);
  expect(names.length).toBeGreaterThan(0);
  const histories = names.map((name) => JSON.parse(readFileSync(join(HISTORIES, name), 'utf8')) as SavedHistory);
  const results = Worker.runReplayHistories({ workflowBundle: await findBundle() }, histories);
  for await (const { workflowId, error } of results) expect(error, workflowId).toBeUndefined();
});
