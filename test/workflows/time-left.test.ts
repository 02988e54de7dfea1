// How long a step still takes: by tokens where it generates, by units elsewhere, by what was recorded before either.
import { describe, expect, it } from 'vitest';
import type { NodeProgress, ShardBeat } from '../../workflows/messages.ts';
import { doneUnits, secondsLeft, tokensPerSecond } from '../../workflows/time-left.ts';

const START = Date.parse('2026-11-24T02:00:00Z');
const NODE: NodeProgress = {
  id: 'responses',
  step: 'generate-responses',
  queue: 'tstar-cpu',
  state: 'running',
  units: 80,
  hits: 0,
  done: 0,
  shards: 1,
  shardsDone: 0,
  startedAt: new Date(START).toISOString(),
  endedAt: null,
};
const at = (seconds: number): number => START + seconds * 1000;
type Tokens = NonNullable<ShardBeat['tokens']>;
const beat = (done: number, tokens?: Tokens): ShardBeat => ({
  node: 'responses',
  shard: 0,
  done,
  total: 80,
  note: '',
  ...(tokens === undefined ? {} : { tokens }),
});
/** A block of 32 tokens in four seconds, of 80 sequences that may have 512. */
const FIRST_BLOCK: Tokens = { done: 80 * 32, ended: 0, open: 80, left: 80 * 480, most: 512, seconds: 4 };

describe('a step that generates', () => {
  it('takes at most what is left of every unit while none has ended, long before a unit is done', () => {
    const beats = [beat(0, FIRST_BLOCK)];
    expect(tokensPerSecond(beats)).toBe(640);
    expect(secondsLeft(NODE, beats, at(10))).toBeCloseTo((80 * 480) / 640);
  });

  it('takes about what earlier runs say of its first block', () => {
    const known = { ...NODE, unitCost: { seconds: 1, tokens: 150 } };
    const left = secondsLeft(known, [beat(0, FIRST_BLOCK)], at(10))!;
    // 80 x (150 - 32) tokens at 640 a second would be 15 s; no end in 2560 tokens counts for longer ones.
    expect(left).toBeGreaterThan(15);
    expect(left).toBeLessThan(60);
  });

  it('learns from the units that have ended', () => {
    // Half have ended after 100 tokens each, the others have 200: an end every 300 tokens.
    const tokens = { done: 40 * 100 + 40 * 200, ended: 40, open: 40, left: 40 * 312, most: 512, seconds: 20 };
    const left = secondsLeft(NODE, [beat(40, tokens)], at(30))!;
    const more = 300 * (1 - Math.exp(-312 / 300));
    expect(left).toBeCloseTo((40 * more) / (tokens.done / 20));
  });

  it('counts shards that wait, and tokens of those that are done', () => {
    const later = { ...NODE, units: 240, done: 80, shards: 3, shardsDone: 1, tokens: 80 * 100 };
    const tokens = { done: 1000, ended: 0, open: 80, left: 80 * 512 - 1000, most: 512, seconds: 2 };
    const [ends, seen] = [80, 9000];
    const more = (limit: number) => (seen / ends) * (1 - Math.exp((-limit * ends) / seen));
    expect(secondsLeft(later, [beat(0, tokens)], at(60))).toBeCloseTo((80 * more(512 - 12.5) + 80 * more(512)) / 500);
  });

  it('takes what earlier runs say until there are tokens, less the time that has passed', () => {
    const known = { ...NODE, unitCost: { seconds: 2, tokens: 150 } };
    expect(secondsLeft(known, [beat(0)], at(10))).toBe(150);
    expect(secondsLeft(known, [beat(0)], at(1000))).toBe(0);
    expect(secondsLeft(NODE, [beat(0)], at(10))).toBeNull();
  });
});

describe('any other step', () => {
  const node = { ...NODE, units: 100, hits: 20, done: 40, shards: 8, shardsDone: 2 };

  it('goes on as it went, hits not counted', () => {
    expect(doneUnits(node, [beat(10)])).toBe(50);
    expect(secondsLeft(node, [beat(10)], at(30))).toBe(50);
  });

  it('says nothing when it waits, has ended or knows nothing', () => {
    expect(secondsLeft({ ...node, state: 'done' }, [], at(30))).toBeNull();
    expect(secondsLeft({ ...node, state: 'waiting', startedAt: null }, [], at(30))).toBeNull();
    expect(secondsLeft({ ...node, done: 20 }, [], at(30))).toBeNull();
  });

  it('takes what earlier runs say while one or two units are done, divided among the shards that run', () => {
    const known = { ...node, done: 21, unitCost: { seconds: 5, tokens: null } };
    expect(secondsLeft(known, [beat(0), beat(0)], at(30))).toBe((80 * 5) / 2 - 30);
  });
});
