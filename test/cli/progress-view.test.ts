// What a terminal shows of a run under way: a line per step, folded to what fits, one line when all is done.
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { pictureOf, progressView } from '../../cli/progress-view.ts';
import { runLine, stepLine } from '../../cli/step-line.ts';
import type { NodeProgress, RunProgress, ShardBeat } from '../../workflows/messages.ts';

const START = '2026-11-24T02:00:00.000Z';
const NOW = Date.parse(START) + 30_000;
const node = (id: string, change: Partial<NodeProgress> = {}): NodeProgress => ({
  id,
  step: 'inject-noise',
  queue: 'tstar-cpu',
  state: 'waiting',
  units: 100,
  hits: 0,
  done: 0,
  shards: 0,
  shardsDone: 0,
  startedAt: null,
  endedAt: null,
  ...change,
});
const running = node('noisy', { state: 'running', hits: 20, done: 40, shards: 8, shardsDone: 2, startedAt: START });
const done = node('hidden', { state: 'done', hits: 100, done: 100, startedAt: START, endedAt: '2026-11-24T02:01:05.000Z' });
const beat: ShardBeat = { node: 'noisy', shard: 2, done: 10, total: 20, note: '10 of 20 passes' };
const progressOf = (nodes: readonly NodeProgress[]): RunProgress => ({ run: 'r', pipeline: 'p', state: 'running', nodes, warnings: [] });

const named = { name: 'noisy', width: 6 };

describe('the line of a step', () => {
  it('has units, shards, rate, time left, hits and what a shard says', () => {
    expect(stepLine(running, [beat], NOW, named)).toBe(
      '> noisy       50/100  shards 2/8, 1.0/s, 50 s left, 20 from the cache, 10 of 20 passes',
    );
  });

  it('counts tokens of a step that generates', () => {
    const tokens = { done: 3000, ended: 0, open: 80, left: 12_000, most: 512, seconds: 3 };
    const generating = { ...running, hits: 0, done: 0, units: 80, shards: 1, shardsDone: 0 };
    const line = stepLine(generating, [{ ...beat, done: 0, total: 80, tokens }], NOW, named);
    expect(line).toBe('> noisy         0/80  1,000 tokens/s, 12 s left, 10 of 20 passes');
  });

  it('is short when the step waits or is done', () => {
    expect(stepLine(node('noisy'), [], NOW, named)).toBe('· noisy               waiting');
    expect(stepLine(done, [beat], NOW, named)).toBe('✓ noisy      100/100  1 min 05 s, 100 from the cache');
  });
});

describe('the picture of a run', () => {
  const nodes = [...Array.from({ length: 12 }, (_, i) => ({ ...done, id: `done${i}` })), running, node('later'), node('last')];

  it('has a line per step where they fit, none wider than the screen', () => {
    const lines = pictureOf(nodes, [beat], NOW, { columns: 50, rows: 40 }).split('\n');
    expect(lines).toHaveLength(15);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(50);
    expect(lines[12]).toMatch(/^> noisy .*50\/100.*…$/);
  });

  it('folds what is done and what waits where they do not', () => {
    const lines = pictureOf(nodes, [beat], NOW, { columns: 100, rows: 16 }).split('\n');
    expect(lines.map((line) => line.slice(0, 17).trim())).toEqual(['✓ 12 steps done', '> noisy', '· 2 steps wait']);
  });

  it('is one line when the run is done', () => {
    const computed = { ...done, id: 'noisy', hits: 40, endedAt: '2026-11-24T02:02:00.000Z' };
    expect(runLine(progressOf([done, computed]))).toBe('✓ 2 steps, 200 units, 140 of them from the cache, 2 min 00 s');
  });
});

describe('a terminal that cannot be drawn on', () => {
  const terminal = (rows: number) => Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows }) as unknown as NodeJS.WriteStream;
  afterEach(() => vi.unstubAllEnvs());

  it.each([
    ['says that it is dumb', 'dumb', 24],
    ['has no rows', 'xterm', 0],
  ])('because it %s gets plain lines', (_, term, rows) => {
    vi.stubEnv('TERM', term);
    const stream = terminal(rows);
    const view = progressView(stream);
    view.update(progressOf([done]), []);
    view.say('news');
    view.done();
    expect(String(stream.read())).toBe('✓ hidden               100/100  1 min 05 s, 100 from the cache\nnews\n');
  });
});
