// Events are differences of what was seen: each change once, in an order that adds up, however much happens between two looks.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventSchema, openEvents, type RunEvent } from '../../cli/events.ts';
import type { NodeProgress, RunProgress, ShardBeat } from '../../workflows/messages.ts';

const NODE: NodeProgress = {
  id: 'noisy',
  step: 'inject-noise',
  queue: 'tstar-cpu',
  state: 'waiting',
  units: 10,
  hits: 0,
  done: 0,
  shards: 0,
  shardsDone: 0,
  startedAt: null,
  endedAt: null,
};
const progressOf = (nodes: readonly NodeProgress[], warnings: readonly string[] = []): RunProgress => ({
  run: 'r',
  pipeline: 'p',
  state: 'running',
  nodes,
  warnings,
});

function recorder() {
  const lines: RunEvent[] = [];
  const events = openEvents(
    (line) => {
      expect(line.endsWith('\n')).toBe(true);
      lines.push(eventSchema.parse(JSON.parse(line)));
    },
    () => new Date('2026-11-24T02:00:00Z'),
  );
  return { lines, events };
}

describe('events', () => {
  it('tell the plan, a start, shards and the end of a step that nobody saw running', () => {
    const { lines, events } = recorder();
    events.seen({ progress: progressOf([NODE]) });
    const ended = { startedAt: '2026-11-24T02:00:00.000Z', endedAt: '2026-11-24T02:00:01.500Z' };
    events.seen({ progress: progressOf([{ ...NODE, state: 'done', done: 10, hits: 4, shards: 2, shardsDone: 2, ...ended }], ['mind']) });
    const seen = lines.map(({ time: _time, run: _run, ...rest }) => rest);
    expect(seen).toEqual([
      { event: 'planned', steps: [{ step: 'noisy', type: 'inject-noise', queue: 'tstar-cpu', units: 10 }] },
      { event: 'warning', text: 'mind' },
      { event: 'step-started', step: 'noisy', units: 10 },
      { event: 'shard-done', step: 'noisy', shard: 1, shards: 2 },
      { event: 'shard-done', step: 'noisy', shard: 2, shards: 2 },
      { event: 'step-progress', step: 'noisy', done: 10, units: 10, hits: 4, secondsLeft: null, note: '' },
      { event: 'step-done', step: 'noisy', units: 10, hits: 4, seconds: 1.5 },
    ]);
  });

  it('say nothing twice', () => {
    const { lines, events } = recorder();
    const view = { progress: progressOf([{ ...NODE, state: 'running', done: 3, shards: 4, shardsDone: 1 }], ['mind']) };
    events.seen(view);
    const { length } = lines;
    events.seen(view);
    expect(lines).toHaveLength(length);
  });

  it('count units under way by their heartbeats, with what the shard says of itself', () => {
    const { lines, events } = recorder();
    const beats: ShardBeat[] = [{ node: 'noisy', shard: 1, done: 2, total: 5, note: '120 tokens' }];
    events.seen({ progress: progressOf([{ ...NODE, state: 'running', done: 3, shards: 4, shardsDone: 1 }]), beats });
    expect(lines.at(-1)).toMatchObject({ event: 'step-progress', done: 5, note: '120 tokens' });
  });

  it('say how long a step will still take, as the progress on a terminal does', () => {
    const { lines, events } = recorder();
    const running = { ...NODE, state: 'running', shards: 5, startedAt: '2026-11-24T01:59:48.000Z' } as const;
    events.seen({ progress: progressOf([{ ...running, done: 6, shardsDone: 3 }]) });
    expect(lines.at(-1)).toMatchObject({ event: 'step-progress', done: 6, secondsLeft: 8 });
  });

  it('say it before the first unit where earlier runs tell what one costs, and when a shard says something else of itself', () => {
    const { lines, events } = recorder();
    const running = { ...NODE, state: 'running', shards: 1, startedAt: '2026-11-24T01:59:58.000Z' } as const;
    const known = progressOf([{ ...running, unitCost: { seconds: 1, tokens: null } }]);
    const beat = { node: 'noisy', shard: 1, done: 0, total: 10, note: '' };
    events.seen({ progress: progressOf([running]) });
    expect(lines.at(-1)).toMatchObject({ event: 'step-started' });
    for (const note of ['', '3 of 9 passes', '3 of 9 passes']) events.seen({ progress: known, beats: [{ ...beat, note }] });
    expect(lines.slice(2)).toMatchObject([
      { event: 'step-progress', done: 0, secondsLeft: 8, note: '' },
      { event: 'step-progress', done: 0, secondsLeft: 8, note: '3 of 9 passes' },
    ]);
  });

  it('add up: a start before an end, as many shards told as were done, the last count of units the true one', () => {
    const moment = fc.record({ shardsDone: fc.nat(5), done: fc.nat(10) });
    fc.assert(
      fc.property(fc.array(moment, { minLength: 1, maxLength: 8 }), (moments) => {
        const { lines, events } = recorder();
        const sorted = [...moments].sort((a, b) => a.shardsDone - b.shardsDone || a.done - b.done);
        for (const at of sorted) events.seen({ progress: progressOf([{ ...NODE, state: 'running', shards: 5, ...at }]) });
        events.seen({ progress: progressOf([{ ...NODE, state: 'done', shards: 5, shardsDone: 5, done: 10 }]) });
        const kinds = lines.map(({ event }) => event);
        expect(kinds.filter((kind) => kind === 'step-started')).toHaveLength(1);
        expect(kinds.at(-1)).toBe('step-done');
        expect(lines.flatMap((line) => (line.event === 'shard-done' ? [line.shard] : []))).toEqual([1, 2, 3, 4, 5]);
        expect(lines.findLast((line) => line.event === 'step-progress')).toMatchObject({ done: 10 });
      }),
    );
  });
});
