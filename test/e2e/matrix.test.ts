// A pipeline over a grid through the command line, real server and worker: every cell is cached by itself and shares its units
// with plain runs, and each command shows, compares and computes again one cell or all.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import { type Finished, makeProject, type Project } from './command.ts';

const PIPELINE = `name: small-grid
params:
  promptCount: { type: integer, default: 2 }
  seed: { type: integer, default: 42 }
steps:
  questions: { uses: load-dataset, with: { dataset: [word-problems], limit: $params.promptCount } }
  prompts: { uses: render-prompts, with: { model: 'hf:fixtures/tiny-llama', questions: $questions.rows } }
  hidden: { uses: capture-hidden, with: { model: 'hf:fixtures/tiny-llama', prompts: $prompts.ids } }
  scores:
    uses: score-temperatures
    with: { model: 'hf:fixtures/tiny-llama', hidden: $hidden.states, noises: [0.1, 0.5], drawCount: 2, seed: $params.seed, tBase: 0.8, temperatureMultiples: [0.7, 1, 1.3] }
  tStar: { uses: fit-t-star, with: { scores: $scores.scores } }
results: { tStar: $tStar.table, tBaseUsed: $tStar.tBaseUsed }
`;

describe.skipIf(!hasMirror)(`a run with --matrix${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  let project: Project;
  let grid: Finished;
  beforeAll(async () => {
    project = await makeProject();
    await writeFile(join(project.folder, 'grid.yaml'), PIPELINE);
    grid = await project.tstar(['run', 'grid.yaml', '--matrix', 'seed=1,2', '--json']);
  });
  afterAll(() => project?.remove());

  it('runs what the seed changes once per seed, the rest once', () => {
    expect(grid.code, grid.stderr).toBe(0);
    const { units, results, cells, params } = JSON.parse(grid.stdout);
    expect(units).toEqual({ computed: 3 * 2 + 2 * (8 + 1), hit: 0 });
    expect([results, params]).toEqual([{}, { promptCount: 2 }]);
    expect(cells.map(({ cell }: { cell: string }) => cell)).toEqual(['seed=1', 'seed=2']);
    const alphas = cells.map((cell: { results: { tStar: { alpha: number }[] } }) => cell.results.tStar[1]!.alpha);
    expect(alphas[0]).not.toBe(alphas[1]);
    expect(grid.stderr).toMatch(/^✓ scores\[seed=2\] +8\/8/m);
  });

  it('shares its units with plain runs, and pays for a value that is added alone', async () => {
    const hitsOf = async (given: readonly string[]): Promise<Record<string, number | null>> => {
      const { stdout } = await project.tstar(['plan', 'grid.yaml', ...given, '--json']);
      return Object.fromEntries(JSON.parse(stdout).steps.map(({ id, hits }: { id: string; hits: number | null }) => [id, hits]));
    };
    expect(await hitsOf(['--set', 'seed=2'])).toEqual({ questions: 2, prompts: 2, hidden: 2, scores: 8, tStar: 1 });
    const more = await hitsOf(['--matrix', 'seed=3,2']);
    expect(more).toMatchObject({ hidden: 2, 'scores[seed=3]': 0, 'scores[seed=2]': 8, 'tStar[seed=2]': 1 });
  });

  it('is shown with a line per cell and the tables of each, or of one', async () => {
    const { run } = JSON.parse(grid.stdout);
    const all = (await project.tstar(['show', run])).stdout;
    expect(all).toMatch(/matrix {3}seed = 1, 2\n\nCells\n {2}seed +verdict/);
    expect(all.match(/^== seed=\d ==\n\nStep 4/gm)).toHaveLength(2);
    const one = (await project.tstar(['show', run, '--cell', 'seed=2'])).stdout;
    expect(one).toContain('cell     seed=2');
    expect(one.match(/^Step 4/gm)).toHaveLength(1);
  });

  it('computes a unit of a cell again, byte for byte', async () => {
    const { run } = JSON.parse(grid.stdout);
    const again = await project.tstar(['repro', run, 'scores', '--cell', 'seed=2,prompt=1,draw=0,noise=0.5']);
    expect([again.code, again.stdout], again.stderr).toEqual([0, 'identical\n']);
    const open = await project.tstar(['repro', run, 'scores', '--cell', 'prompt=1,draw=0,noise=0.5']);
    expect([open.code, open.stderr]).toEqual([2, expect.stringContaining('name one of them in --cell (seed=1; seed=2)')]);
  });

  it('refuses a grid that is wrong, before a server is started', async () => {
    const wrong = await project.tstar(['validate', 'grid.yaml', '--matrix', 'sed=1,2']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('there is no param "sed"; did you mean seed?')]);
  });
});
