// Figures and tables as files: everything that the page shows, pictures with their letters in them.
import { describe, expect, it } from 'vitest';
import { hasData } from '../../dashboards/build.ts';
import { buildFigures } from '../../dashboards/figures.ts';
import { hasFont, rasterize } from '../../dashboards/rasterize.ts';
import { views } from '../../dashboards/views/all.ts';
import { failedRun, fixtureRun } from './fixture.ts';

const data = fixtureRun();
const drawn = views.filter((view) => hasData(view, data));
const font = await hasFont();

describe('figures as files', async () => {
  const { files, png } = await buildFigures(data);
  const text = (name: string) => String(files.find((file) => file.name === name)!.content);

  it('has every figure with every choice of axes, and every table', () => {
    const names = drawn.flatMap((view) => view.axes(data).map((axes, i) => (i === 0 ? view.name : `${view.name}.${axes}`)));
    const expected = [
      ...names.map((name) => `${name}.svg`),
      ...(font ? names.map((name) => `${name}.png`) : []),
      ...drawn.map((view) => `${view.name}.csv`),
      ...['summary', 'effective-noise-summary', 'setup', 'steps', 'generations'].map((name) => `${name}.csv`),
    ];
    expect(files.map(({ name }) => name).sort()).toEqual(expected.sort());
    expect(png).toBe(font ? 'drawn' : 'no font');
  });

  it('draws SVG that stands alone: colours, font and paper in it', () => {
    for (const { name, content } of files.filter((file) => file.name.endsWith('.svg'))) {
      expect(content, name).toMatch(/^<svg [^>]*font-family=[^>]*>\n<rect width="100%" height="100%" fill="#ffffff"\/>/);
      expect(content, name).not.toMatch(/var\(|NaN|undefined/);
    }
  });

  it('writes numbers in full, one line per noise level', () => {
    const [head, first, ...rest] = text('summary.csv').trim().split('\r\n');
    expect(head).toMatch(/^noise,prompts,n,alpha,alphaLow/);
    expect(first).toContain(String(data.record.results.tStar![0]!.alpha));
    expect(rest).toHaveLength(5);
  });

  it.skipIf(!font)('makes PNG three pixels a unit, with letters (no font: skipped)', async () => {
    const picture = files.find(({ name }) => name === 't-star.png')!.content as Uint8Array;
    expect(Buffer.from(picture.subarray(1, 4)).toString()).toBe('PNG');
    expect(new DataView(picture.buffer, picture.byteOffset).getUint32(16)).toBe(1920);
    const svg = text('t-star.svg');
    const withoutLetters = await rasterize(svg.replace(/<text[^>]*>.*?<\/text>/gs, ''));
    expect(picture.length).toBeGreaterThan(withoutLetters.length * 1.1);
  });
});

it('knows when there is no font, where text would vanish', async () => {
  expect(await hasFont({ loadSystemFonts: false })).toBe(false);
});

it('leaves out what a failed run has not', async () => {
  const names = (await buildFigures(failedRun())).files.map(({ name }) => name);
  expect(names).toContain('calibration.svg');
  expect(names).not.toContain('t-star.svg');
  expect(names).not.toContain('summary.csv');
});
