// The page of a run with a matrix: a line per cell, cells side by side, a section per cell with marks that lead to its own units.
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { cellsOfRun, mergeCells } from '../../artifacts/cell-record.ts';
import { runRecordSchema } from '../../artifacts/run-record.ts';
import { buildBrowser } from '../../dashboards/browser/build.mjs';
import { buildDashboard } from '../../dashboards/build.ts';
import { gridVerdict } from '../../dashboards/grid-verdict.ts';
import { runVerdict } from '../../dashboards/verdict.ts';
import { gridRun } from './grid-fixture.ts';

let page = '';
beforeAll(async () => {
  await buildBrowser(fileURLToPath(new URL('../../dashboards/browser/bundle.js', import.meta.url)));
  page = await buildDashboard(gridRun([42, 43]));
});
const count = (text: string, within = page) => within.split(text).length - 1;

describe('the page of a run with cells', () => {
  it('opens with the verdict over cells and a line per cell that leads to its section', () => {
    const { sentence, overall, brief } = runVerdict(gridRun([42, 43]).record)!;
    expect(sentence).toBe(
      'Over seed = 42, 43: T* matches the best temperature in 1 of 2 cells (seed=43); 1 of 2 cells (seed=42) is undecided.',
    );
    expect([overall, brief]).toEqual(['undecided', 'holds in 1 of 2 cells, undecided in 1 of 2 cells']);
    const open = gridVerdict(gridRun([1, 2, 3]).record, () => ({ sentence: '', leads: [], overall: 'undecided', brief: '' }));
    expect(open!.sentence).toBe('Over seed = 1, 2, 3: all 3 cells are undecided.');
    const table = page.slice(page.indexOf('id="cells-table"'), page.indexOf('id="beside"'));
    for (const [i, seed] of [42, 43].entries()) expect(table).toContain(`<a href="#cell-${i}">${seed}</a>`);
    expect(count('class="plot"', table)).toBe(2);
  });

  it('has what all cells share once and the rest once per cell, every id once', () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]!);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
    for (const id of ['calibration', 'cell-0-t-star', 'cell-1-t-star', 'cell-1-summary', 'compared-t-star', 'step-graph', 'timeline'])
      expect(ids).toContain(id);
    for (const id of ['t-star', 'cell-0-calibration', 'cell-0-timeline']) expect(ids).not.toContain(id);
  });

  it('draws no cells side by side where colours could not tell them apart, and leaves out what would make it too large', async () => {
    const many = await buildDashboard(gridRun([1, 2, 3, 4, 5]), { cellLetters: 1 });
    expect(count('id="beside"', many)).toBe(0);
    expect([count('<a href="#cell-', many), count('class="cell"', many)]).toEqual([1, 1]);
    expect(many).toContain('4 cells are left out here to keep the page small');
    expect(many).toContain('makes the page of one: seed=2; seed=3; seed=4; seed=5.');
  });
});

it('the graph of steps has a node per step, which reads the steps that its nodes read', () => {
  const { record } = gridRun([42, 43]);
  const merged = mergeCells(record.nodes);
  expect(merged.map(({ id }) => id)).toEqual([...new Set(record.nodes.map(({ id }) => id.replace(/\[.*/, '')))]);
  const scores = merged.find(({ id }) => id === 'scores')!;
  const [one] = record.nodes.filter(({ id }) => id.startsWith('scores['));
  expect(scores.units).toBe(2 * one!.units);
  for (const { node } of merged.flatMap(({ inputs }) => Object.values(inputs))) expect(merged.map(({ id }) => id)).toContain(node);
  expect(cellsOfRun(runRecordSchema.parse(record))[1]!.record.nodes.map(({ id }) => id)).toContain('scores[seed=43]');
});
