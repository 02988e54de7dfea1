// The table that the Temporal UI shows, and the numbers in it.
import { expect, test } from 'vitest';
import type { NodeProgress, PlannedRun } from '../../workflows/messages.ts';
import { openProgress, progressTable, unitsPerSecond, withNode, withPlan, withWarnings } from '../../workflows/progress.ts';
import { secondsLeft } from '../../workflows/time-left.ts';

const planned: PlannedRun = {
  plan: 'p',
  pipeline: 'effective-noise',
  nodes: [
    { id: 'hidden', step: 'capture-hidden', activity: 'captureHidden', queue: 'tstar-cpu', units: 10, after: [] },
    { id: 'scores', step: 'score-temperatures', activity: 'scoreTemperatures', queue: 'tstar-cpu', units: 30, after: ['hidden'] },
  ],
  warnings: ['two BOS'],
  model: 'm',
  searchAttributes: [],
};
const startMs = Date.parse('2026-11-24T02:00:00Z');
const running: Partial<NodeProgress> = {
  state: 'running',
  startedAt: new Date(startMs).toISOString(),
  hits: 2,
  done: 4,
  shards: 4,
  shardsDone: 1,
};

test('a table has a row per step, with rate and time left of what is computed, hits not counted', () => {
  const progress = withNode(withPlan(openProgress('r', 'effective-noise'), planned), 'hidden', () => running);
  expect(progressTable(progress, startMs + 4000)).toBe(
    `**effective-noise** running, 0 of 2 steps done, as of 02:00:04 UTC

| step | state | units | hits | shards | rate | time left |
| --- | --- | --- | --- | --- | --- | --- |
| hidden | running | 4 of 10 | 2 | 1 of 4 | 0.50/s | 12 s |
| scores | waiting | 0 of 30 | 0 | 0 of 0 |  |  |

- two BOS`,
  );
});

test('a warning is shown to the letter', () => {
  const table = progressTable(withWarnings(openProgress('r', 'p'), ['no site layers.*.mlp_x <b>']), startMs);
  const shown = progressTable(withWarnings(withPlan(openProgress('r', 'p'), planned), ['no site layers.*.mlp_x <b>']), startMs);
  expect(table).toBe('**p** planning, 0 of 0 steps done, as of 02:00:00 UTC');
  expect(shown.split('\n').at(-1)).toBe('- no site layers.\\*.mlp\\_x \\<b\\>');
});

test('there is no rate before anything is computed, and nothing left when done', () => {
  const node = withNode(withPlan(openProgress('r', 'p'), planned), 'hidden', () => running).nodes[0]!;
  expect(unitsPerSecond({ ...node, done: 2 }, startMs + 4000)).toBeNull();
  expect(unitsPerSecond(node, startMs)).toBeNull();
  expect(secondsLeft({ ...node, state: 'done', endedAt: new Date(startMs + 1000).toISOString() }, [], startMs + 4000)).toBeNull();
});

test('a warning is kept once, and at most a hundred are', () => {
  let progress = withWarnings(openProgress('r', 'p'), ['a', 'b', 'a']);
  expect(progress.warnings).toEqual(['a', 'b']);
  for (let i = 0; i < 200; i++) progress = withWarnings(progress, [`${i}`]);
  expect(progress.warnings).toHaveLength(100);
});
