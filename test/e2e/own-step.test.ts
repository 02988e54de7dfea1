// The example in examples/own-step through the command line: real server and worker, a step that is no part of this repository's
// rooms. It stays short, and its types are right.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import { type Finished, makeProject, type Project } from './command.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const MODULE = resolve(ROOT, 'examples/own-step/measure-repetition.mjs');
const PIPELINE = resolve(ROOT, 'examples/own-step/repetition.yaml');
const TINY = ['--set', 'model=hf:fixtures/tiny-llama', '--steps', MODULE];

describe('the step in examples/own-step', () => {
  it('has fewer than 60 lines, and types that tsc accepts', () => {
    expect(readFileSync(MODULE, 'utf8').split('\n').length).toBeLessThan(60);
    const options =
      '--ignoreConfig --noEmit --allowJs --checkJs --strict --module nodenext --target es2022 --skipLibCheck --types node'.split(' ');
    execFileSync(process.execPath, [resolve(ROOT, 'node_modules/typescript/bin/tsc'), ...options, MODULE]);
  });
});

describe.skipIf(!hasMirror)(`a pipeline with a step of one’s own${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  let project: Project;
  let first: Finished;
  beforeAll(async () => {
    project = await makeProject();
    first = await project.tstar(['run', PIPELINE, ...TINY, '--set', 'promptCount=2', '--json']);
  });
  afterAll(() => project?.remove());

  it('runs on the worker that the command starts', () => {
    expect(first.code, first.stderr).toBe(0);
    const { repetition } = JSON.parse(first.stdout).results;
    expect(repetition.map(({ prompt }: { prompt: number }) => prompt)).toEqual([0, 1]);
    for (const { repeated, repeatedLow, repeatedHigh } of repetition) {
      expect(repeated).toBeGreaterThanOrEqual(repeatedLow);
      expect(repeated).toBeLessThanOrEqual(repeatedHigh);
    }
  });

  it('caches its units, prints its table, and gives the same bytes again', async () => {
    const planned = await project.tstar(['plan', PIPELINE, ...TINY, '--set', 'promptCount=3', '--json']);
    const steps: readonly { id: string; hits: number | null; units: number }[] = JSON.parse(planned.stdout).steps;
    expect(steps.find(({ id }) => id === 'questions')).toMatchObject({ hits: 2, units: 3 });
    const shown = await project.tstar(['show']);
    expect(shown.stdout).toMatch(/^repetition\n {2}prompt +repeated +95 % +tokens\n/m);
    const { run } = JSON.parse(first.stdout);
    const again = await project.tstar(['repro', run, 'repetition', '--cell', 'prompt=1', '--steps', MODULE]);
    expect(again.stdout, again.stderr).toBe('identical\n');
  });

  it('is not known without its module', async () => {
    const { code, stderr } = await project.tstar(['run', PIPELINE]);
    expect(code).toBe(2);
    expect(stderr).toContain('there is no step type "measure-repetition"');
  });
});
