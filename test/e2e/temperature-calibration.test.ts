// The second shipped pipeline through the command line on a tiny model: real server, worker and session process. The model's weights
// are random, so that no answer is predicted better than by chance: the fit goes to the hottest end, and says so.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import { type Finished, makeProject, type Project } from './command.ts';

const TINY = ['--set', 'model=hf:fixtures/tiny-llama', '--set', 'dataset=word-problems'];

describe.skipIf(!hasMirror)(`temperature-calibration on a tiny model${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  let project: Project;
  let first: Finished;
  // biome-ignore lint/suspicious/noExplicitAny: the printed document, read as a user's program reads it
  let document: Record<string, any>;

  beforeAll(async () => {
    project = await makeProject();
    first = await project.tstar(['run', 'temperature-calibration', ...TINY, '--set', 'promptCount=6', '--json']);
    document = first.code === 0 ? JSON.parse(first.stdout) : {};
  }, 600_000);
  afterAll(() => project?.remove());

  it('fits on the even rows and measures on the odd ones', () => {
    expect(first.code, first.stderr).toBe(0);
    const { temperatureFit, calibrationScores, reliability } = document.results;
    expect(temperatureFit).toMatchObject({ prompts: [0, 2, 4], temperature: 50, atEnd: 'high', temperatureLow: null });
    expect(temperatureFit.nllAfter).toBeLessThan(temperatureFit.nllBefore);
    expect(document.warnings.join(' ')).toContain('has no minimum between T = 0.02 and 50');
    expect(calibrationScores).toMatchObject({ prompts: 3, temperature: 50, verdict: 'undecided' });
    expect(calibrationScores.measures.map(({ measure }: { measure: string }) => measure)).toEqual(['nll', 'ece', 'brier', 'accuracy']);
    const [nll, , , accuracy] = calibrationScores.measures;
    expect(nll.changeLow).toBeLessThan(nll.change);
    expect(accuracy).toMatchObject({ change: 0, changeSe: 0 });
    expect(reliability).toHaveLength(30);
  });

  it('leaves a row per token, from which the measures follow', async () => {
    const listed = await project.tstar(['cache', 'ls', 'measure-calibration', '--json']);
    const file = join(project.folder, 'rows.parquet');
    const got = await project.tstar(['cache', 'get', JSON.parse(listed.stdout)[0].outputs.rows.digest, '--out', file]);
    expect(got.code, got.stderr).toBe(0);
    const rows = await parquetReadObjects({ file: new Uint8Array(readFileSync(file)).buffer });
    const { calibrationScores } = document.results;
    expect(rows).toHaveLength(calibrationScores.tokens);
    const meanOf = (column: string) => rows.reduce((sum, row) => sum + Number(row[column]), 0) / rows.length;
    for (const measure of ['nll', 'brier']) {
      const row = calibrationScores.measures.find((one: { measure: string }) => one.measure === measure);
      expect(meanOf(`${measure}Before`)).toBeCloseTo(row.before, 10);
      expect(meanOf(`${measure}After`)).toBeCloseTo(row.after, 10);
    }
    expect([...new Set(rows.map((row) => row.prompt))]).toEqual([1, 3, 5]);
  });

  it('pays for two more prompts only, and fits again', async () => {
    const more = await project.tstar(['run', 'temperature-calibration', ...TINY, '--set', 'promptCount=8', '--json']);
    expect(more.code, more.stderr).toBe(0);
    // Questions, prompts, answers and states of two; the temperature is the same end, so only their scores; fit and measures.
    expect(JSON.parse(more.stdout).units.computed).toBe(5 * 2 + 2);
  });
});
