// Runs side by side: the figures know whose mark is whose, differences are other less own and paired over prompts.
import { describe, expect, it } from 'vitest';
import { buildDashboard, openDocument } from '../../dashboards/build.ts';
import { comparedViews } from '../../dashboards/compared/all.ts';
import { pairedDifference, settingsDifferences, temperatureDifferences } from '../../dashboards/compared/differences.ts';
import { MOST_RUNS } from '../../dashboards/compared/runs.ts';
import type { DashboardData } from '../../dashboards/data.ts';
import { failedRun, fixtureRun } from './fixture.ts';

const own = fixtureRun();
/** The same prompts, every best T higher by 0.1, another seed. */
const other: DashboardData = {
  ...own,
  record: {
    ...own.record,
    run: 'other <run>',
    params: { ...own.record.params, seed: 7 },
    results: {
      ...own.record.results,
      tStar: own.record.results.tStar!.map((row) => ({ ...row, bestTKlContinuous: row.bestTKlContinuous + 0.1 })),
    },
  },
  tStarDraws: own.tStarDraws!.map((row) => ({ ...row, bestTKlContinuous: row.bestTKlContinuous + 0.1 })),
};
const both = { ...own, compared: [other] };
const column = (table: ReturnType<typeof temperatureDifferences>, name: string) =>
  table.rows.map((row) => row[table.columns.findIndex((candidate) => candidate.name === name)]);

describe('paired differences', () => {
  it('are other less own, with Student’s t over the prompts’ differences', () => {
    const values = (...list: number[]) => list.map((value, prompt) => ({ prompt, value }));
    // Differences 1 and 3: mean 2, standard error 1, t(0.975, 1) = 12.7062.
    const { value, low, high } = pairedDifference(10, 12, values(9, 11), values(10, 14));
    expect(value).toBe(2);
    expect(low).toBeCloseTo(2 - 12.7062, 4);
    expect(high).toBeCloseTo(2 + 12.7062, 4);
  });

  it('have no interval over other prompts, or one', () => {
    const at = (prompt: number) => ({ prompt, value: 1 });
    expect(pairedDifference(1, 2, [at(0), at(1)], [at(0), at(2)])).toEqual({ value: 1, low: null, high: null });
    expect(pairedDifference(1, 2, [at(0)], [at(0)])).toEqual({ value: 1, low: null, high: null });
  });

  it('of a run that is the same everywhere but 0.1 are 0.1, exactly told', () => {
    const table = temperatureDifferences(both);
    for (const name of ['bestTKlContinuousDifference', 'bestTKlContinuousLow', 'bestTKlContinuousHigh'])
      for (const value of column(table, name)) expect(value).toBeCloseTo(0.1, 9);
    for (const name of ['tStarDifference', 'tStarLow', 'tStarHigh'])
      for (const value of column(table, name)) expect(value).toBeCloseTo(0, 9);
  });

  it('have no interval where the questions are not the same', () => {
    const dataset = { ...own.record.dataset!, digest: 'another' };
    const table = temperatureDifferences({ ...own, compared: [{ ...other, record: { ...other.record, dataset } }] });
    expect(new Set(column(table, 'bestTKlContinuousLow'))).toEqual(new Set([null]));
  });
});

it('tells which settings differ, and only those', () => {
  expect(settingsDifferences(both).rows).toEqual([['seed', JSON.stringify(own.record.params.seed), '7']]);
  const params = { ...own.record.params, noiseScales: [0.01, 0.5] };
  const { tBaseUsed: _, ...results } = own.record.results;
  const unfinished = { ...other, record: { ...own.record, params, results } };
  expect(settingsDifferences({ ...own, compared: [unfinished] }).rows).toEqual([
    ['noiseScales', '0.01, 0.02, 0.05, 0.1, 0.2', '0.01, 0.5'],
    ['T_base used', '0.8', null],
  ]);
});

describe.each(comparedViews)('view $name', (view) => {
  it('draws both runs, in every choice of axes, wide and narrow', async () => {
    const document = await openDocument();
    for (const axes of view.axes(both))
      for (const width of [340, 640]) {
        const svg = view.render(both, { document, width, theme: 'light', axes });
        expect(svg).not.toMatch(/NaN|undefined|Infinity|var\(/);
        for (const place of [0, 1]) expect(svg).toContain(`data-run="${place}"`);
        expect(svg).toContain('B: other &lt;run&gt;');
      }
  });

  it('draws its golden SVG', async () => {
    const svg = view.render(both, { document: await openDocument(), width: 640, theme: 'light', axes: view.axes(both)[0]! });
    await expect(svg.replace(/></g, '>\n<')).toMatchFileSnapshot(`golden/${view.name}.640.svg`);
  });

  it('has a table as wide as its columns', () => {
    const { columns, rows } = view.table(both);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row).toHaveLength(columns.length);
  });
});

describe('the page of a comparison', () => {
  it('has the figures, the runs and the tables, and carries both records', async () => {
    const page = await buildDashboard(both);
    for (const id of ['compared-t-star', 'compared-effective-noise', 'compared-runs', 'compared-settings', 'differences-t-star'])
      expect(page).toContain(`id="${id}"`);
    expect(page).not.toContain('<run>');
    const json = JSON.parse(page.match(/<script type="application\/json" id="data">(.*?)<\/script>/s)![1]!);
    expect(json.compared.map(({ record }: DashboardData) => record.run)).toEqual(['other <run>']);
  });

  it('draws a run beside one that has no tables', async () => {
    const page = await buildDashboard({ ...own, compared: [failedRun()] });
    expect(page).toContain('id="compared-t-star"');
    expect(page).not.toContain('id="differences-t-star"');
  });

  it('takes no more runs than can be told apart', async () => {
    await expect(buildDashboard({ ...own, compared: Array.from({ length: MOST_RUNS }, () => other) })).rejects.toThrow(/at most 4/);
  });
});
