// Saved histories of earlier versions replay without a difference: a run that was started before an upgrade finishes after it.
import { Worker } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { findBundle } from '../../temporal/bundle.ts';
import { installRuntime } from '../../temporal/runtime.ts';
import { savedHistory, savedNames } from './histories.ts';

const names = savedNames();

test('every saved history replays', async () => {
  installRuntime(() => undefined);
  expect(names.length).toBeGreaterThan(0);
  const results = Worker.runReplayHistories({ workflowBundle: await findBundle() }, names.map(savedHistory));
  for await (const { workflowId, error } of results) expect(error, workflowId).toBeUndefined();
});
