// A matrix multiplies what depends on it and nothing else, and a cell is the run with its values: its units have the keys that
// --set gives them. Checked over drawn grids, through the whole language and the one key function.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellName, type Json, nodeId, type Plan, splitNodeId } from '../../pipelines/plan.ts';
import { compileText, type Outcome } from './compile-text.ts';
import { keysOfPlan } from './plan-keys.ts';
import { smallPipeline } from './small-steps.ts';

const planOf = ({ plan, text }: Outcome): Plan => {
  expect(text).toBeUndefined();
  return plan!;
};
const planWith = (matrix: Readonly<Record<string, readonly Json[]>>, sets: readonly string[] = []) =>
  planOf(compileText(smallPipeline, { sets, values: { matrix } }));
const ids = ({ nodes }: Plan) => nodes.map(({ id }) => id);

describe('a matrix of a pipeline', () => {
  it('multiplies the steps that depend on it, by themselves or by what they read, and leaves the others', () => {
    const plan = planWith({ model: ['tiny', 'other'], seed: [1, 2] });
    expect(ids(plan)).toEqual([
      'questions',
      'states[model=tiny]',
      'states[model=other]',
      'calibration',
      ...['tiny', 'other'].flatMap((model) => [1, 2].map((seed) => `scores[model=${model},seed=${seed}]`)),
      ...['tiny', 'other'].flatMap((model) => [1, 2].map((seed) => `summary[model=${model},seed=${seed}]`)),
    ]);
    const scores = plan.nodes.find(({ id }) => id === 'scores[model=other,seed=2]')!;
    expect(scores.params).toMatchObject({ model: 'other', seed: 2 });
    expect(scores.inputs.states!.node).toBe('states[model=other]');
    expect(plan.nodes.find(({ id }) => id === 'summary[model=other,seed=2]')!.inputs.scores!.node).toBe(scores.id);
  });

  it('multiplies over an edge only in pipelines that draw it', () => {
    const calibrated = planWith({ tBase: [0.8, 'calibrate'] });
    expect(ids(calibrated)).toEqual(expect.arrayContaining(['calibration', 'scores[tBase=0.8]', 'scores[tBase=calibrate]']));
    expect(Object.keys(calibrated.nodes.find(({ id }) => id === 'scores[tBase=0.8]')!.inputs)).toEqual(['states']);
  });

  it('names the sections of every cell; those of steps that exist once stand apart', () => {
    const plan = planOf(compileText(smallPipeline.replace('results:', 'results:\n  rows: $questions.rows'), { matrix: ['seed=1,2'] }));
    expect(Object.keys(plan.results).sort()).toEqual(['rows', 'tBase']);
    expect(plan.cells).toEqual(
      [1, 2].map((seed) => ({ values: { seed }, results: { table: { node: `summary[seed=${seed}]`, output: 'table' } } })),
    );
    expect(plan.params).not.toHaveProperty('seed');
  });

  it('is the same in the file, on the command line and as JSON; a param that is set is out of it', () => {
    const text = smallPipeline.replace('steps:', 'matrix: { seed: [3, 4], model: [tiny, other] }\nsteps:');
    const inFile = planOf(compileText(text));
    expect(planOf(compileText(smallPipeline, { matrix: ['seed=3,4', 'model=tiny,other'] }))).toEqual(inFile);
    expect(planWith({ seed: [3, 4], model: ['tiny', 'other'] })).toEqual(inFile);
    expect(planOf(compileText(text, { sets: ['seed=4', 'model=other'] }))).toEqual(
      planOf(compileText(smallPipeline, { sets: ['seed=4', 'model=other'] })),
    );
    expect(planOf(compileText(text, { matrix: ['seed=9'], sets: ['model=tiny'] })).cells).toMatchObject([{ values: { seed: 9 } }]);
  });

  it('gives a list param a list in each cell', () => {
    const datasets = (given: string) =>
      planOf(compileText(smallPipeline, { matrix: [`dataset=${given}`] }))
        .nodes.filter(({ step }) => step === 'load-questions')
        .map(({ params }) => params.dataset);
    expect(datasets('gsm8k,word-problems')).toEqual([['gsm8k'], ['word-problems']]);
    expect(datasets('[["gsm8k","word-problems"],"gsm8k"]')).toEqual([['gsm8k', 'word-problems'], ['gsm8k']]);
  });
});

describe('a matrix of a step', () => {
  const withOwn = (matrix: string, step = 'scores') =>
    smallPipeline.replace(/ {6}seed: \$params\.seed\n/, '').replace(new RegExp(`( {2}${step}:\n)`), `$1    matrix: ${matrix}\n`);

  it('stands in for keys of with, and multiplies what reads the step', () => {
    const plan = planOf(compileText(withOwn('{ seed: [7, 8] }')));
    expect(ids(plan)).toEqual([
      'questions',
      'states',
      'calibration',
      'scores[seed=7]',
      'scores[seed=8]',
      'summary[seed=7]',
      'summary[seed=8]',
    ]);
    expect(plan.nodes.find(({ id }) => id === 'scores[seed=8]')!.params.seed).toBe(8);
  });

  it('is one with a matrix of the same param elsewhere: a reader of both reads one cell', () => {
    const text = smallPipeline.replace(
      '  scores:\n',
      '  more:\n    uses: score-state\n    matrix: { seed: [8, 7] }\n    with: { model: $params.model, states: $states.states, noises: [0.5], tBase: 1 }\n  scores:\n',
    );
    expect(ids(planOf(compileText(text, { matrix: ['seed=7,8'] })))).toEqual(
      expect.arrayContaining(['more[seed=7]', 'scores[seed=7]', 'more[seed=8]']),
    );
    expect(compileText(text, { matrix: ['seed=7,9'] }).text).toContain('another matrix has other values for seed');
  });
});

describe('cells', () => {
  const values = {
    seed: fc.uniqueArray(fc.nat({ max: 60 }), { minLength: 1, maxLength: 4 }),
    model: fc.shuffledSubarray(['tiny', 'other', 'a/b.c'], { minLength: 1 }),
    tBase: fc.uniqueArray(fc.constantFrom<Json>(0.5, 0.8, 1.25, 'calibrate'), { minLength: 1, maxLength: 3 }),
  };
  const grids = fc.record(values, { requiredKeys: [] }).filter((grid) => Object.keys(grid).length > 0);

  it('have the keys of the run with their values, so that both share the cache', () => {
    fc.assert(
      fc.property(grids, (grid) => {
        const plan = planWith(grid);
        const keys = keysOfPlan(plan);
        for (const { values: cell } of plan.cells!) {
          const alone = planOf(compileText(smallPipeline, { sets: Object.entries(cell).map(([name, value]) => `${name}=${value}`) }));
          const own = plan.nodes.filter((node) => Object.entries(node.cell ?? {}).every(([name, value]) => cell[name] === value));
          expect(own.map(({ id }) => splitNodeId(id).step)).toEqual(ids(alone));
          expect(own.map(({ id }) => keys.get(id))).toEqual([...keysOfPlan(alone).values()]);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('keep their keys and names in any order of values and params', () => {
    const reordered = grids.chain((grid) =>
      fc.tuple(fc.constant(grid), fc.shuffledSubarray(Object.keys(grid), { minLength: Object.keys(grid).length })),
    );
    fc.assert(
      fc.property(reordered, ([grid, names]) => {
        const other = Object.fromEntries(names.map((name) => [name, [...(grid as Record<string, Json[]>)[name]!].reverse()]));
        expect(new Map([...keysOfPlan(planWith(other))].sort())).toEqual(new Map([...keysOfPlan(planWith(grid as never))].sort()));
      }),
      { numRuns: 40 },
    );
  });

  it('stay where they are when a value is added: keys are added, none moves', () => {
    fc.assert(
      fc.property(grids, (grid) => {
        const before = keysOfPlan(planWith(grid));
        const after = keysOfPlan(planWith({ ...grid, seed: [...(grid.seed ?? [42]), 99] }));
        const all = new Set([...after.values()].flatMap((keys) => [...keys]));
        for (const keys of before.values()) for (const key of keys) expect(all.has(key)).toBe(true);
        expect(all.size).toBeGreaterThan(new Set([...before.values()].flatMap((keys) => [...keys])).size);
      }),
      { numRuns: 40 },
    );
  });

  it('have names that tell all values apart', () => {
    const cell = fc.dictionary(
      fc.constantFrom('a', 'b'),
      fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constantFrom('1', 'true', 'a,b=1', 'x]', '"')),
    );
    const text = (of: Readonly<Record<string, Json>>) => JSON.stringify(Object.entries(of).sort());
    fc.assert(
      fc.property(cell, cell, (one, other) => {
        expect(cellName(one) === cellName(other)).toBe(text(one) === text(other));
      }),
    );
    expect(nodeId('hidden', { seed: 1, model: 'hf:a/b', x: '1', list: [1, 'a'] })).toBe('hidden[list=[1,"a"],model=hf:a/b,seed=1,x="1"]');
    expect(splitNodeId('hidden[list=[1,"a"]]')).toEqual({ step: 'hidden', cell: 'list=[1,"a"]' });
  });
});

describe('a matrix with mistakes', () => {
  it('is refused before it costs anything where it is far too large', () => {
    const names = Array.from({ length: 20 }, (_, i) => `p${i}`);
    const params = names.map((name) => `  ${name}: { type: integer, default: 1 }\n`).join('');
    const { text } = compileText(
      `name: wide\nparams:\n${params}matrix:\n${names.map((name) => `  ${name}: [1]\n`).join('')}steps:\n  a: { uses: load-questions, with: { dataset: [gsm8k], limit: 1 } }\n`,
    );
    expect(text).toContain('matrix: too many params: 20, at most 16 are allowed');
    expect(compileText(smallPipeline, { values: { matrix: { seed: Array.from({ length: 90_000 }, (_, i) => i) } } }).text).toBe(
      'param matrix.seed: too many values: 90000, at most 256 are allowed',
    );
    const steps = Array.from(
      { length: 90 },
      (_, i) => `  s${i}: { uses: capture-state, with: { model: $params.model, questions: $questions.rows } }\n`,
    ).join('');
    const many = smallPipeline.replace('  states:\n', `${steps}  states:\n`);
    expect(compileText(many, { matrix: [`model=${Array.from({ length: 12 }, (_, i) => `m${i}`)}`] }).text).toContain(
      'too many steps, counted with their cells',
    );
  });

  it.each([
    [['sede=1,2']],
    [['noises=0.1,0.2']],
    [['promptCount=2,3']],
    [['seed=']],
    [['seed=1,2,1']],
    [['seed=1,x', 'tBase=calibrat,0.01']],
    [['seed']],
    [['seed=[1,']],
    [[`seed=${Array.from({ length: 300 }, (_, i) => i)}`]],
    [[`model=${'m'.repeat(250)},n`]],
  ])('%#: %s', async (matrix) => {
    const { text } = compileText(smallPipeline, { matrix });
    const name = matrix
      .join(' ')
      .slice(0, 40)
      .replace(/[^\w.=-]+/g, '_');
    await expect(`${text}\n`).toMatchFileSnapshot(`golden/matrix/${name}.txt`);
  });

  it('is refused where the param is set as well, and where its values are no lists', () => {
    expect(compileText(smallPipeline, { matrix: ['seed=1,2'], sets: ['seed=3'] }).text).toBe(
      'param matrix.seed: seed is given one value and a matrix; keep one of the two',
    );
    expect(compileText(smallPipeline, { values: { '': 0, matrix: { '': [0] } } }).text).toContain(
      'param matrix."": "" is given one value and a matrix; keep one of the two',
    );
    expect(compileText(smallPipeline, { values: { matrix: 3 } }).text).toBe(
      'param matrix: is 3, expected a mapping of params to lists of values',
    );
    expect(compileText(smallPipeline, { values: { matrix: { seed: 3 } } }).text).toBe('param matrix.seed: is 3, expected a list of values');
  });
});
