// Every view against its golden SVG, wide and narrow: `npx vitest run test/dashboards -u` rewrites them, the diff is the review.
import { JSDOM } from 'jsdom';
import { describe, expect, it } from 'vitest';
import { openDocument } from '../../dashboards/build.ts';
import type { DashboardData } from '../../dashboards/data.ts';
import { views } from '../../dashboards/views/all.ts';
import { sayFaint } from '../../dashboards/views/marks.ts';
import { sayLeftOut } from '../../dashboards/views/strips.ts';
import { csv } from '../../dashboards/views/view.ts';
import { cancelledRun, fixtureFor, fixtureRun } from './fixture.ts';

const document = await openDocument();

describe.each(views)('view $name', (view) => {
  const data = fixtureFor(view);
  it.each(view.axes(data).flatMap((axes) => [340, view.place === 'whole' ? 960 : 640].map((width) => ({ axes, width }))))(
    'draws its golden SVG ($axes, $width)',
    async ({ axes, width }) => {
      const svg = view.render(data, { document, width, theme: 'light', axes });
      expect(svg).not.toMatch(/NaN|undefined|Infinity|var\(/);
      await expect(svg.replace(/></g, '>\n<')).toMatchFileSnapshot(`golden/${view.name}.${axes}.${width}.svg`);
    },
  );

  it('draws means alone where the rows are missing, and the dark theme in its colours', () => {
    const axes = view.axes({ record: data.record })[0]!;
    const [light, dark] = (['light', 'dark'] as const).map((theme) =>
      view.render({ record: data.record }, { document, width: 640, theme, axes }),
    );
    expect(light).not.toMatch(/NaN|undefined/);
    expect(dark).not.toBe(light);
  });

  it('has a table as wide as its columns', () => {
    const table = view.table(data);
    expect(table.rows.length).toBeGreaterThan(0);
    for (const row of table.rows) expect(row).toHaveLength(table.columns.length);
    expect(csv(table).split('\r\n')).toHaveLength(table.rows.length + 2);
  });

  it('draws one prompt, which has no intervals', () => {
    const axes = view.axes(data)[0]!;
    const bare = (row: object) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, /(Low|High|Se)$/.test(name) ? null : value]));
    const { effectiveNoise, tStar, slope, calibrationScores, ...rest } = data.record.results;
    const results = {
      ...rest,
      ...(effectiveNoise && { effectiveNoise: effectiveNoise.map(bare) }),
      ...(tStar && { tStar: tStar.map(bare) }),
      ...(slope && { slope: { slope: null, slopeLow: null, slopeHigh: null, slopeSe: null } }),
      ...(calibrationScores && { calibrationScores: { ...calibrationScores, measures: calibrationScores.measures.map(bare) } }),
    } as unknown as typeof data.record.results;
    const svg = view.render({ record: { ...data.record, results } }, { document, width: 640, theme: 'light', axes });
    expect(svg).not.toMatch(/NaN|undefined|null/);
  });
});

/** One prompt, one draw, one level of each kind of noise: no interval, no line, and a slope through a single draw. */
function smallestRun(): DashboardData {
  const { record, tStarDraws, effectiveNoiseDraws } = fixtureRun();
  const bare = (row: object | undefined) =>
    Object.fromEntries(Object.entries(row!).map(([name, value]) => [name, /(Low|High|Se)$/.test(name) ? null : value]));
  const results = {
    ...record.results,
    tStar: [bare(record.results.tStar!.at(-1))],
    effectiveNoise: [bare(record.results.effectiveNoise![0])],
    slope: { slope: 3.9, slopeLow: null, slopeHigh: null, slopeSe: null },
  } as unknown as typeof record.results;
  return { record: { ...record, results }, tStarDraws: tStarDraws!.slice(-1), effectiveNoiseDraws: effectiveNoiseDraws!.slice(0, 1) };
}

describe.each(views.filter(({ requires }) => requires === 'tStar' || requires === 'effectiveNoise'))(
  'of the smallest run, $name',
  (view) => {
    const data = smallestRun();
    it.each([340, 960])('stays in its frame, with ticks on every axis (%i)', (width) => {
      for (const axes of view.axes(data)) {
        const svg = view.render(data, { document, width, theme: 'light', axes });
        expect(svg).not.toMatch(/NaN|undefined|null/);
        const height = Number(svg.match(/ height="([\d.]+)"/)![1]);
        const drawn = new JSDOM(svg).window.document;
        for (const mark of drawn.querySelectorAll('path[d^="M"], rect')) {
          if (mark.closest('.legend') !== null || mark.hasAttribute('transform')) continue;
          for (const [x, y] of placesOf(mark)) {
            expect(x).toBeGreaterThanOrEqual(-1);
            expect(x).toBeLessThanOrEqual(width + 1);
            expect(y).toBeGreaterThanOrEqual(-height);
            expect(y).toBeLessThanOrEqual(height + 1);
          }
        }
        expect([...drawn.querySelectorAll('text')].filter((text) => text.textContent === '')).toEqual([]);
      }
    });
  },
);

/** Ends of a rectangle, or the points of a path of absolute lines. */
function placesOf(mark: Element): [number, number][] {
  const number = (name: string) => Number(mark.getAttribute(name));
  if (mark.tagName === 'rect') {
    const [x, y] = [number('x'), number('y')];
    return [
      [x, y],
      [x + number('width'), y + number('height')],
    ];
  }
  return [...mark.getAttribute('d')!.matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/g)].map((match) => [Number(match[1]), Number(match[2])]);
}

describe('a cancelled run', () => {
  const data = cancelledRun();
  const missing = data.units!.flatMap(({ units }) => units.filter(({ outputs }) => outputs === null)).length;
  const drawn = (name: string) =>
    views.find((view) => view.name === name)!.render(data, { document, width: 960, theme: 'light', axes: 'linear' });

  it('shows its cells, the missing ones hollow', () => {
    expect(drawn('cells').match(/\nmissing</g)).toHaveLength(missing);
    expect(drawn('cells').match(/\nin the store</g)!.length).toBeGreaterThan(missing);
  });

  it('shows the draws that are there, and a hollow dot for each of the others', () => {
    const strips = drawn('difference-by-prompt');
    expect(strips.match(/\nobserved − predicted /g)).toHaveLength(data.tStarDraws!.length);
    expect(strips.match(/\nnot computed</g)).toHaveLength(missing);
  });
});

describe('a caption of many prompts', () => {
  const prompts = Array.from({ length: 100 }, (_, prompt) => ({ prompt }));
  const cells = (draws: number) =>
    prompts.flatMap(({ prompt }) => Array.from({ length: draws }, (_, draw) => ({ prompt, draw, noise: 0.1, value: 1 })));

  it('says how many of the faint lines are drawn', () => {
    expect(sayFaint(prompts.slice(0, 60))).toBe('each prompt');
    expect(sayFaint(prompts)).toMatch(/^(5\d|60) of 100 prompts$/);
  });

  it('says how many rows and dots are drawn', () => {
    expect(sayLeftOut({ strips: cells(3).slice(0, 120), missing: [] })).toBe('');
    expect(sayLeftOut({ strips: cells(3), missing: [] })).toMatch(/^ Drawn: (3\d|40) of 100 prompts; the table has all\.$/);
    expect(sayLeftOut({ strips: cells(30), missing: [] })).toMatch(
      /^ Drawn: \d+ of 100 prompts, (9\d\d|1,?000) of their 1,\d\d\d draws; the table has all\.$/,
    );
  });
});
