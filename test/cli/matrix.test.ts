// Commands where a run has cells: names of steps stand for nodes, cells are compared with cells, progress is grouped.
import { describe, expect, it } from 'vitest';
import { cellsOfRun, matrixOf, namesOf } from '../../artifacts/cell-record.ts';
import { runRecordSchema } from '../../artifacts/run-record.ts';
import { compareRuns } from '../../cli/compare-runs.ts';
import { findCell } from '../../cli/find-cell.ts';
import { pictureOf } from '../../cli/progress-view.ts';
import { findNode } from '../../cli/repro.ts';
import { renderResults } from '../../cli/results-text.ts';
import { selectSteps } from '../../cli/select-steps.ts';
import { openProgress, progressTable, withPlan } from '../../workflows/progress.ts';
import { fixtureRun } from '../dashboards/fixture.ts';

const order = [
  { id: 'hidden', after: [] },
  ...['model=a', 'model=b'].flatMap((model) => [
    { id: `noisy[${model},seed=1]`, after: ['hidden'] },
    { id: `noisy[${model},seed=2]`, after: ['hidden'] },
    { id: `table[${model},seed=1]`, after: [`noisy[${model},seed=1]`] },
    { id: `table[${model},seed=2]`, after: [`noisy[${model},seed=2]`] },
  ]),
];
const pipeline = { spec: { name: 'study' }, order };
const none = { force: [], from: [], until: [] };

describe('a step of a matrix', () => {
  it.each([
    ['noisy', ['noisy[model=a,seed=1]', 'noisy[model=a,seed=2]', 'noisy[model=b,seed=1]', 'noisy[model=b,seed=2]']],
    ['noisy[seed=2]', ['noisy[model=a,seed=2]', 'noisy[model=b,seed=2]']],
    ['noisy[seed=2,model=b]', ['noisy[model=b,seed=2]']],
  ])('%s is named in all its cells, or in those with the values', (name, ids) => {
    expect(selectSteps(pipeline, { ...none, until: [name] })).toEqual({ until: ids });
  });

  it('is computed again with all below it in its cells', () => {
    expect(selectSteps(pipeline, { ...none, from: ['noisy[model=b,seed=1]'] })).toEqual({
      force: ['noisy[model=b,seed=1]', 'table[model=b,seed=1]'],
    });
  });

  it.each([
    ['noisy[seed=3]', '--until noisy[seed=3]: study has no noisy in the cell seed=3 (its cells are model=a,seed=1, model=a,seed=2'],
    ['hidden[seed=1]', 'has hidden once for all cells: leave out [seed=1]'],
    ['nosy', 'did you mean noisy? (its steps are hidden, noisy, table)'],
  ])('%s that is not there is refused', (name, message) => {
    expect(() => selectSteps(pipeline, { ...none, until: [name] })).toThrow(message);
  });

  it('is found by its name and the cell, or by both in --cell', () => {
    const plan = {
      pipeline: 'study',
      nodes: order.map(({ id }) => ({ id, axes: [{ name: 'prompt', values: [0] }] })),
      cells: [{ values: { model: 'a', seed: 1 } }],
    } as never;
    const found = { node: expect.objectContaining({ id: 'noisy[model=b,seed=2]' }), cell: 'prompt=0' };
    expect(findNode(plan, 'noisy', 'seed=2,prompt=0,model=b')).toEqual(found);
    expect(findNode(plan, 'noisy[seed=2]', 'prompt=0,model=b')).toEqual(found);
    expect(() => findNode(plan, 'noisy', 'seed=2,prompt=0')).toThrow('was run in 4 cells');
  });
});

describe('a run of several cells', () => {
  const { record } = fixtureRun();
  const { results, sections, model, dataset, bos } = record;
  const { calibration, ...others } = results;
  const own = Object.fromEntries(Object.entries(sections).filter(([name]) => name !== 'calibration'));
  const { seed: _, ...params } = record.params;
  const cell = (seed: number, tStar = others.tStar!) => ({
    values: { seed },
    model: { ...model!, name: `m${seed}` },
    dataset,
    bos,
    warnings: [`w${seed}`],
    sections: own,
    results: { ...others, tStar },
  });
  const multiplied = (seeds: readonly number[]) =>
    runRecordSchema.parse({
      ...record,
      params,
      model: null,
      results: { calibration },
      sections: { calibration: sections.calibration },
      cells: seeds.map((seed) => cell(seed)),
    });
  const grid = multiplied([42, 43]);

  it('is a run per cell, with what all share', () => {
    const [first, second] = cellsOfRun(grid);
    expect(first!.name).toBe('seed=42');
    expect(first!.record.results).toEqual(results);
    expect(first!.record.sections).toEqual(sections);
    expect(second!.record.params.seed).toBe(43);
    expect([matrixOf(grid), namesOf(grid, 'model'), namesOf(record, 'model')]).toEqual([{ seed: [42, 43] }, ['m42', 'm43'], [model!.name]]);
  });

  it('says what all share once, then every cell under its name', () => {
    const text = renderResults(grid);
    for (const [part, count] of [
      ['Step 1:', 1],
      ['Step 4:', 2],
      ['== seed=42 ==', 1],
      ['== seed=43 ==', 1],
      ['given T_base', 1],
      ['- seed=43: w43', 1],
    ] as const)
      expect([part, text.split(part).length - 1]).toEqual([part, count]);
  });

  it('says of a cell that was not run that it has no results', () => {
    const cells = [grid.cells[0]!, { ...grid.cells[1]!, results: {} }];
    expect(renderResults({ ...grid, cells })).toContain('== seed=43 ==\n  no results');
  });

  it('is compared cell by cell, and with a plain run of the same params', () => {
    const [row, ...rest] = others.tStar!;
    const moved = { ...multiplied([42, 43, 44]), cells: [cell(42), cell(43, [{ ...row!, alpha: 0.5 }, ...rest]), cell(44)] };
    const names = (...runs: Parameters<typeof compareRuns>) => compareRuns(...runs).map(({ part, name }) => `${part} ${name}`);
    expect(names(grid, moved as never)).toEqual(['params matrix seed', `results seed=43 tStar noise=${row!.noise} alpha`]);
    expect(names(record, grid).filter((name) => name.startsWith('results'))).toEqual([]);
    expect(
      names({ ...record, params: { ...record.params, seed: 43 } }, moved as never).filter((name) => name.startsWith('results')),
    ).toEqual([`results seed=43 tStar noise=${row!.noise} alpha`]);
  });

  it('shows one cell by its values, and says which there are', () => {
    expect(findCell(grid, 'seed=43').record.params.seed).toBe(43);
    expect(findCell(grid, undefined)).toEqual({ record: grid });
    expect(() => findCell(grid, 'seed=44')).toThrow(
      '--cell seed=44: there is no such cell; did you mean seed=42? (cells: seed=42; seed=43)',
    );
    expect(() => findCell(record, 'seed=44')).toThrow('has no matrix');
  });
});

describe('progress', () => {
  it('in a terminal has a line for a cell that is done or waits, and the steps of one under way', () => {
    const state = (id: string, of: 'done' | 'running' | 'waiting') => ({
      ...{ id, step: 's', queue: 'tstar' as const, state: of, units: 2, hits: 1, done: of === 'done' ? 2 : 0, shards: 1, shardsDone: 0 },
      startedAt: of === 'waiting' ? null : '2026-01-01T00:00:00Z',
      endedAt: of === 'done' ? '2026-01-01T00:00:02Z' : null,
    });
    const nodes = [
      state('hidden', 'done'),
      ...(['done', 'running', 'waiting'] as const).flatMap((of, i) => [
        state(`noisy[seed=${i}]`, of),
        state(`table[seed=${i}]`, of === 'running' ? 'waiting' : of),
      ]),
    ];
    expect(pictureOf(nodes, [], Date.parse('2026-01-01T00:00:04Z')).split('\n')).toEqual([
      '✓ hidden                   2/2  2.0 s, 1 from the cache',
      '✓ seed=0                   4/4  2.0 s, 2 from the cache',
      '  seed=1',
      '> noisy                    0/2  4.0 s, 1 from the cache, queued on tstar',
      '· table                         waiting',
      '· seed=2                        waiting',
    ]);
  });

  it('has a table of steps that exist once, then one per cell under its name', () => {
    const nodes = order.slice(0, 4).map(({ id, after }) => ({ id, step: 's', activity: 's', queue: 'tstar' as const, units: 1, after }));
    const text = progressTable(
      withPlan(openProgress('r', 'study'), { plan: 'p', pipeline: 'study', nodes, warnings: [], model: '', searchAttributes: [] }),
      0,
    );
    const lines = text.split('\n').filter((line) => /^(\*\*|\| (hidden|noisy|table))/.test(line));
    expect(lines.map((line) => line.split(' | ')[0])).toEqual([
      '**study** running, 0 of 4 steps done, as of 00:00:00 UTC',
      '| hidden',
      '**model=a,seed=1**',
      '| noisy',
      '| table',
      '**model=a,seed=2**',
      '| noisy',
    ]);
  });
});
