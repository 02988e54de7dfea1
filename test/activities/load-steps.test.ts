import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkPipeline } from '../../activities/compile-pipeline.ts';
import { loadSteps, stepModules } from '../../activities/load-steps.ts';
import { steps } from '../../activities/steps.ts';
import { refuseOtherEnvironment } from '../../activities/unit-call.ts';
import { compile } from '../../pipelines/compile.ts';
import { parseSpecValue } from '../../pipelines/parse.ts';
import type { StepDefinition } from '../../pipelines/step.ts';
import { smallSources } from '../pipelines/small-steps.ts';

const EXAMPLE = resolve(import.meta.dirname, '../../examples/own-step/measure-repetition.mjs');
const SPEC = {
  name: 'repetition',
  steps: {
    questions: { uses: 'load-dataset', with: { dataset: ['word-problems'], limit: 2 } },
    prompts: { uses: 'render-prompts', with: { model: 'tiny', questions: '$questions.rows' } },
    repetition: { uses: 'measure-repetition', with: { prompts: '$prompts.ids' } },
  },
};

describe('steps of one’s own', () => {
  // Inside the repository, where `tstar/step` resolves.
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(import.meta.dirname, '../../dist/own-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const module = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const failure = async (file: string): Promise<string> =>
    loadSteps([file], steps).then(
      () => 'loaded',
      (error: Error) => `${error.name}: ${error.message}`,
    );

  it('stand behind the catalogue, with the digest of their code', async () => {
    const known = await loadSteps([EXAMPLE], steps);
    expect(known.slice(0, -1)).toEqual(steps);
    expect(known.at(-1)).toMatchObject({ name: 'measure-repetition', code: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it('change their digest with their code and with what it imports, and not with their place', async () => {
    const text = `import { n } from './n.mjs';\nimport { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\nrequire('./c.cjs');\nexport const s = { name: 'own-step', version: 1, summary: 's', device: 'light', params: z.object({}), inputs: {}, outputs: {}, axes: {}, shardUnits: n, run: async function* () {} };\nimport { z } from 'tstar/step';\n`;
    const codeOf = async (file: string) => (await loadSteps([file], [])).at(-1)!.code;
    await module('n.mjs', 'export const n = 1;\n');
    await module('c.cjs', 'exports.c = 1;\n');
    const first = await codeOf(await module('a.mjs', text));
    const other = await mkdtemp(join(import.meta.dirname, '../../dist/own-'));
    try {
      await cp(folder, other, { recursive: true });
      expect(await codeOf(join(other, 'a.mjs'))).toBe(first);
      await writeFile(join(other, 'n.mjs'), 'export const n = 1; // another comment\n');
      const second = await codeOf(join(other, 'a.mjs'));
      expect(second).not.toBe(first);
      await writeFile(join(other, 'a.mjs'), `${text}\n`);
      const third = await codeOf(join(other, 'a.mjs'));
      expect(third).not.toBe(second);
      await writeFile(join(other, 'c.cjs'), 'exports.c = 2;\n');
      expect(await codeOf(join(other, 'a.mjs'))).not.toBe(third);
    } finally {
      await rm(other, { recursive: true });
    }
  });

  it('have their code in their keys, and a worker with other code refuses', async () => {
    const known = await loadSteps([EXAMPLE], steps);
    const own = known.at(-1)!;
    const { spec, params, requested } = checkPipeline(parseSpecValue(SPEC), {}, known);
    const sources = smallSources(requested);
    const planOf = (step: StepDefinition) => compile(spec, { params, steps: [...steps, step], sources, store: 'x' }).plan!;
    const node = planOf(own).nodes.at(-1)!;
    expect(node.identity).toEqual({ length: 2, 'step code': own.code });
    expect(() => refuseOtherEnvironment(own, node, sources)).not.toThrow();
    expect(() => refuseOtherEnvironment({ ...own, code: '0'.repeat(64) }, node, sources)).toThrow(
      /code of measure-repetition .* planned [0-9a-f]{64}, here 0{64}/,
    );
  });

  it('are chosen by who starts a worker, never by a spec', () => {
    const check = (spec: unknown) => () => checkPipeline(parseSpecValue(spec), {}, steps);
    expect(check(SPEC)).toThrow('there is no step type "measure-repetition"');
    expect(check({ ...SPEC, steps: { own: { uses: EXAMPLE } } })).toThrow('there is no step type');
    expect(check({ ...SPEC, stepModules: [EXAMPLE] })).toThrow('there is no key "stepModules" here');
  });

  it('are refused with the module and the reason', async () => {
    expect(await failure(join(folder, 'none.mjs'))).toMatch(/^UserError: .*none\.mjs: the step module cannot be loaded: /);
    expect(await failure(await module('syntax.mjs', 'export const = 3'))).toMatch(/syntax\.mjs: the step module cannot be loaded/);
    expect(await failure(await module('empty.mjs', 'export const x = 1;\n'))).toMatch(/empty\.mjs: exports no step/);
    expect(await failure(await module('half.mjs', "export const s = { name: 'Half Step', run: 3 };\n"))).toMatch(
      /half\.mjs: s is no step: name: is no name in kebab-case; version: .*run: is no function/,
    );
    const named = (name: string) =>
      `import { z } from 'tstar/step';\nexport const s = { name: '${name}', version: 1, summary: 's', device: 'light', params: z.object({}), inputs: {}, outputs: {}, axes: {}, shardUnits: 1, run: async function* () {} };\n`;
    expect(await failure(await module('taken.mjs', named('fit-t-star')))).toContain('there is a step fit-t-star already');
    expect(await failure(await module('reserved.mjs', named('finish-run')))).toContain('there is a step finish-run already');
  });

  it('come from TSTAR_STEPS, separated by commas', () => {
    expect(stepModules({ TSTAR_STEPS: ' a.mjs, ,/b.mjs' })).toEqual(['a.mjs', '/b.mjs']);
    expect(stepModules({})).toEqual([]);
  });
});
