import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type RunRecord, runRecordSchema } from '../../artifacts/run-record.ts';
import { compareRuns } from '../../cli/compare-runs.ts';
import { makeProject } from '../e2e/command.ts';

const fixture = JSON.parse(readFileSync(new URL('../dashboards/fixtures/run.json', import.meta.url), 'utf8'));
const record: RunRecord = runRecordSchema.parse(fixture.record);

describe('two runs', () => {
  it('that are the same differ in nothing, whatever their names and times', () => {
    expect(compareRuns(record, { ...record, run: 'other', startedAt: '2030-01-01T00:00:00Z', endedAt: '2030-01-01T00:00:00Z' })).toEqual(
      [],
    );
  });

  it('differ in params, versions, model and dataset, each by name', () => {
    const other = {
      ...record,
      params: { ...record.params, seed: 43, extra: 1 },
      versions: { ...record.versions, node: '99' },
      dataset: { ...record.dataset!, digest: '0'.repeat(64) },
      model: null,
    };
    const found = compareRuns(record, other).map(({ part, name }) => `${part} ${name}`);
    expect(found).toEqual(['params seed', 'params extra', 'model name', 'model engine', 'dataset digest', 'versions node']);
  });

  it('differ in results row by row, with intervals; a row that was added is one difference', () => {
    const [first, ...rest] = record.results.tStar!;
    const moved = { ...first!, alpha: 0.5, alphaLow: 0.4, alphaHigh: 0.6 };
    const added = { ...first!, noise: 9 };
    const found = compareRuns(record, { ...record, results: { ...record.results, tStar: [moved, ...rest, added] } });
    expect(found.map(({ name }) => name)).toEqual([`tStar noise=${first!.noise} alpha`, 'tStar noise=9']);
    expect(found[0]).toMatchObject({
      before: first!.alpha,
      after: 0.5,
      beforeInterval: [first!.alphaLow, first!.alphaHigh],
      afterInterval: [0.4, 0.6],
    });
    expect(found[1]!.before).toBeNull();
  });

  it('are compared by `tstar diff`, which names an unknown one', async () => {
    const project = await makeProject();
    for (const run of [record, { ...record, run: 'other', params: { ...record.params, seed: 43 } }]) {
      const folder = join(project.folder, '.tstar/runs', run.run);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'run.json'), JSON.stringify(run));
    }
    const answer = await project.tstar(['diff', record.run, 'other']);
    expect([answer.code, answer.stdout], answer.stderr).toEqual([
      0,
      `${record.run} -> other\nparams\n  seed: ${record.params.seed} -> 43\n`,
    ]);
    expect((await project.tstar(['diff', record.run, record.run])).stdout).toContain('nothing differs');
    expect((await project.tstar(['diff', record.run, 'nowhere'])).code).toBe(2);
    await project.remove();
  });
});
