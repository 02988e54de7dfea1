// The shipped pipeline noise-by-site through the command line on tiny models: real server, worker and session process.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import { type Finished, makeProject, type Project } from './command.ts';

const TINY = ['--set', 'model=hf:fixtures/tiny-llama', '--set', 'dataset=word-problems'];

describe.skipIf(!hasMirror)(`noise-by-site on a tiny model${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  let project: Project;
  let first: Finished;
  // biome-ignore lint/suspicious/noExplicitAny: the printed document, read as a user's program reads it
  let document: Record<string, any>;
  const run = (...sets: readonly string[]) =>
    project.tstar(['run', 'noise-by-site', ...TINY, ...sets.flatMap((set) => ['--set', set]), '--json']);

  beforeAll(async () => {
    project = await makeProject();
    first = await run();
    document = first.code === 0 ? JSON.parse(first.stdout) : {};
  }, 600_000);
  afterAll(() => project?.remove());

  it('has every Linear alone and all of them, with shares that add up to that of the groups', () => {
    expect(first.code, first.stderr).toBe(0);
    const { siteNoise, siteShares } = document.results;
    expect(siteNoise).toHaveLength(3 * 7 + 1 + 1);
    const parts = siteNoise.filter((row: { everywhere: boolean }) => !row.everywhere);
    for (const row of siteNoise) expect(row.effectiveStd * row.alpha).toBeGreaterThan(0);
    const sum = parts.reduce((total: number, row: { share: number }) => total + row.share, 0);
    expect(siteShares).toMatchObject([{ scale: 0.05, groups: 22 }]);
    expect(siteShares[0].share).toBeCloseTo(sum, 10);
    expect(siteShares[0].shareLow).toBeLessThan(sum);
  });

  it('draws the heat map', () => {
    const page = readFileSync(document.dashboard, 'utf8');
    expect(page.includes('id="noise-by-site"')).toBe(true);
    expect(page.includes('data-group="layers.2.mlp.down_proj.input"')).toBe(true);
  });

  it('pays for new groups alone: layers, then globs, beside what is there', async () => {
    const layers = JSON.parse((await run('groupBy=layer')).stdout);
    // Three layers of three prompts and the table; the LM head and all Linears are there.
    expect(layers.units.computed).toBe(3 * 3 + 1);
    expect(layers.results.siteNoise.map(({ group }: { group: string }) => group)).toEqual([
      '**.input',
      'layers.0.**.input',
      'layers.1.**.input',
      'layers.2.**.input',
      'lm_head.input',
    ]);
    const globs = JSON.parse((await run('groupBy=**.mlp.*.input,layers.0.**.input')).stdout);
    expect(globs.units.computed).toBe(3 + 1);
  });

  it('refuses a glob that names no Linear, before anything runs', async () => {
    const { code, stderr } = await run('groupBy=**.dwn_proj.input');
    expect(code).toBe(2);
    expect(stderr).toContain('no site of the model matches **.dwn_proj.input; the nearest is layers.0.mlp.down_proj.input');
  });
});
