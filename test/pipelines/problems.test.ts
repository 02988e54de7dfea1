// Texts of problems: golden/problems/*.yaml beside what is said of each. `vitest -u` rewrites the texts; review the diff.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSpecValue } from '../../pipelines/parse.ts';
import { compileParsed, compileText } from './compile-text.ts';
import { smallPipeline } from './small-steps.ts';

const folder = join(import.meta.dirname, 'golden/problems');

describe('a pipeline file with mistakes', () => {
  it.each(readdirSync(folder).filter((file) => file.endsWith('.yaml')))('%s', async (file) => {
    const { text } = compileText(readFileSync(join(folder, file), 'utf8'));
    await expect(`${text}\n`).toMatchFileSnapshot(join(folder, file.replace('.yaml', '.txt')));
  });

  it('has its places as paths where it came as JSON', () => {
    const spec = { name: 'x', steps: { a: { uses: 'summarise', with: { scores: '$b.c' } } } };
    expect(compileParsed(parseSpecValue(spec)).text).toBe(
      'spec: steps.a.uses: there is no step type "summarise"; did you mean summarize? (step types: load-questions, capture-state, calibrate, score-state, summarize)',
    );
  });

  it('cannot exhaust the worker that reads it', () => {
    const deep = '['.repeat(100_000);
    expect(compileText(deep).text).toMatch(/^pipeline.yaml:1:\d+: .*\n?/);
    expect(compileText(`name: ${'{ a: '.repeat(40)}1${' }'.repeat(40)}`).text).toContain('nested too deeply');
    expect(compileText(`a: &a [x]\nb: [*a, *a]`).text).toContain('anchors are not supported');
    expect(compileText('x'.repeat(1_100_000)).text).toContain('at most 1000000 are allowed');
    let nested: unknown = 1;
    for (let i = 0; i < 50_000; i++) nested = [nested];
    expect(compileParsed(parseSpecValue({ name: nested })).text).toContain('nested too deeply');
    expect(compileParsed(parseSpecValue(JSON.parse('{"__proto__": {"name": "x"}}'))).text).toContain('"__proto__"');
    expect(compileText(smallPipeline, { sets: ['promptCount=2000000000'] }).text).toContain('too many values: 2000000000, at most 1000000');
    expect(compileText(smallPipeline, { sets: ['promptCount=99', 'drawCount=900000'] }).text).toContain('too many units');
  });
});

describe('params of a run', () => {
  const said = (sets: readonly string[], values: unknown = {}) => compileText(smallPipeline, { sets, values }).text;

  it.each([
    [['drawCuont=3']],
    [['drawCount=0']],
    [['drawCount=2.5']],
    [['noises=0.1,-1,x']],
    [['noises=']],
    [['tBase=calibrat']],
    [['tBase=0.01']],
    [['device=gpu', 'seed=x']],
    [['drawCount']],
    [['promptCount=200']],
    [['constructor=1']],
  ])('%j', async (sets) => {
    const name = sets.join(' ').replace(/[^\w.=-]+/g, '_');
    await expect(`${said(sets)}\n`).toMatchFileSnapshot(join(import.meta.dirname, 'golden/params', `${name}.txt`));
  });

  it('come typed as JSON, one value for a list being a list of one', () => {
    expect(said([], { noises: 0.3, promptCount: 2 })).toBeUndefined();
    expect(said([], { promptCount: '2' })).toBe('param promptCount: is "2", expected an integer (at least 1)');
    expect(said([], [1])).toBe('params: is [1], expected a mapping of params to values, for instance {}');
  });

  it('are given by the flag in spite of the JSON', () => {
    const { plan } = compileText(smallPipeline, { sets: ['seed=7', 'noises=[0.5, 0.25]'], values: { seed: 8 } });
    expect(plan!.params).toMatchObject({ seed: 7, noises: [0.5, 0.25] });
  });
});
