// The page as text: what must be in it, and what must never be.
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildBrowser } from '../../dashboards/browser/build.mjs';
import { buildDashboard } from '../../dashboards/build.ts';
import { verdictOf } from '../../dashboards/verdict.ts';
import { calibrationRun, failedRun, fixtureRun } from './fixture.ts';

let page = '';
beforeAll(async () => {
  await buildBrowser(fileURLToPath(new URL('../../dashboards/browser/bundle.js', import.meta.url)));
  page = await buildDashboard(fixtureRun());
});

describe('the page', () => {
  it('opens with the verdict and the study’s mark', () => {
    const { sentence, leads, overall } = verdictOf(fixtureRun().record.results)!;
    expect(sentence).toMatch(/matches the best temperature at noise 0\.05, 0\.075, 0\.1 and 0\.2.*undecided at noise 0\.5/);
    expect(leads[0]).toContain('match at 5 of 6');
    expect(leads[1]).toContain('10 prompts, 30 prompt–draw pairs per noise level');
    expect(overall).toBe('undecided');
    expect(page.includes('matches the best temperature at noise 0.05')).toBe(true);
  });

  it('keeps hostile questions and responses as text', () => {
    expect(/<img/i.test(page)).toBe(false);
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    expect(page.includes('&#60;img src=x onerror=')).toBe(true);
  });

  it('names no address that a browser would load', () => {
    const withoutLinks = page.replace(/<a href="https?:[^"]*">/g, '');
    const loading = [...withoutLinks.matchAll(/(?:src|href|srcset|action|data|poster)\s*=\s*"([^"]*)"/g)].map((match) => match[1]!);
    expect(loading.filter((address) => !address.startsWith('#') && address !== 'data:,')).toEqual([]);
    expect(/@import|url\((?!#)/.test(page)).toBe(false);
    expect(page.includes('default-src &#39;none&#39;; script-src &#39;sha256-')).toBe(true);
  });

  it('stays below 1.5 MB for a default run, its JSON readable', () => {
    expect(Buffer.byteLength(page)).toBeLessThan(1_500_000);
    const json = page.match(/<script type="application\/json" id="data">(.*?)<\/script>/s)![1]!;
    expect(JSON.parse(json).record.run).toBe('effective-noise-fixture');
  });

  it('is the same for the same run', async () => {
    expect((await buildDashboard(fixtureRun())) === page).toBe(true);
  });

  it('is drawn beside other work of the process, another page too: a worker has to beat meanwhile', async () => {
    let beats = 0;
    const beating = setInterval(() => beats++, 1);
    const [same, other] = await Promise.all([buildDashboard(fixtureRun()), buildDashboard(calibrationRun())]);
    clearInterval(beating);
    expect(same === page).toBe(true);
    expect(other === (await buildDashboard(calibrationRun()))).toBe(true);
    // At least one for each figure.
    expect(beats).toBeGreaterThan(10);
  });
});

it('draws the views that the pipeline names and those of every run, and says what the run left unsaid', async () => {
  const { record } = fixtureRun();
  const page = await buildDashboard({ record: { ...record, views: ['alpha'], bos: { mode: 'study', doubled: true } } });
  expect(page.includes('id="alpha"')).toBe(true);
  expect(page.includes('id="t-star"')).toBe(false);
  for (const name of ['step-graph', 'timeline']) expect(page.includes(`id="${name}"`)).toBe(true);
  expect(page.includes('two BOS tokens')).toBe(true);
});

it('gives a figure that would stand alone the whole width', async () => {
  const { record } = fixtureRun();
  const { numericFloor, siteNoise } = record.results;
  const lone = await buildDashboard({ record: { ...record, results: { numericFloor, siteNoise } } });
  expect(lone).toContain('<figure class="card whole" id="numeric-floor"');
  expect(page).toContain('<figure class="card" id="numeric-floor"');
});

it('shows what a step of one’s own found as a table', async () => {
  const { record } = fixtureRun();
  const repetition = [
    { prompt: 0, repeated: 0.07767, repeatedLow: 0.03988, repeatedHigh: 0.1458, note: '<b>' },
    { prompt: 1, repeated: 0.1, repeatedLow: null, repeatedHigh: null, note: null },
  ];
  const own = await buildDashboard({
    record: { ...record, description: 'How much repeats?', results: { repetition } as typeof record.results },
  });
  expect(own).toContain('<h1>How much repeats?</h1>');
  expect(own).toContain('data-value="0.07767" data-low="0.03988" data-high="0.1458">0.07767<span class="sub">[0.03988, 0.1458]</span>');
  expect(own).toContain('&#60;b&#62;');
  expect(own).toContain('no interval');
  expect(own).not.toContain('no tables to draw');
});

it('links to the Temporal UI, and to nothing that a browser would run', async () => {
  expect(page.includes('/history">in the Temporal UI</a>')).toBe(true);
  const { record } = fixtureRun();
  const hostile = await buildDashboard({ record: { ...record, uiAddress: 'javascript:alert(1)' } });
  expect(hostile.includes('in the Temporal UI</a>')).toBe(false);
});

describe('the page of a calibration', () => {
  it('opens with its own verdict, and has nothing of the study', async () => {
    const page = await buildDashboard(calibrationRun());
    expect(page.includes('The temperature of the least NLL is 1.063 [1.042, 1.085].')).toBe(true);
    expect(page.includes('class="claim helps"')).toBe(true);
    for (const name of ['calibration-change', 'reliability', 'confidence', 'calibration-scores', 'timeline'])
      expect([name, page.includes(`id="${name}"`)]).toEqual([name, true]);
    expect(page).not.toMatch(/T<sub>base<\/sub>|McNemar|class="picker"|<h2>Tables/);
  });

  it('says so where the fit found no minimum, and where one prompt gives no intervals', () => {
    const { results } = calibrationRun().record;
    const end = verdictOf({
      ...results,
      temperatureFit: { ...results.temperatureFit!, temperature: 50, atEnd: 'high', temperatureLow: null, temperatureHigh: null },
      calibrationScores: {
        ...results.calibrationScores!,
        verdict: 'undecided',
        measures: results.calibrationScores!.measures.map((row) => ({ ...row, changeLow: null, changeHigh: null })),
      },
    })!;
    expect(end.sentence).toMatch(/no minimum between T = 0.02 and 50; T = 50 is an end.*is not shown to lower or raise.*no interval/);
    expect(end.overall).toBe('undecided');
  });
});

it('shows what a failed run has, with a banner', async () => {
  const failed = await buildDashboard(failedRun());
  expect(failed.includes('This run failed.')).toBe(true);
  expect(failed.includes('not finished: scores, fit')).toBe(true);
  expect(failed.includes('signal 9 &#60;b&#62;')).toBe(true);
  expect(failed.includes('id="calibration"')).toBe(true);
  expect(failed.includes('id="t-star"')).toBe(false);
});

it('stays below 8 MB with thousands of prompts', async () => {
  const data = fixtureRun();
  const many = Array.from({ length: 300 }, (_, k) => data.tStarDraws!.map((row) => ({ ...row, prompt: row.prompt + 10 * k }))).flat();
  const page = await buildDashboard({
    ...data,
    tStarDraws: many,
    graded: Array.from({ length: 50 }, (_, k) =>
      data.graded!.map((row) => ({ ...row, prompt: row.prompt + 10 * k, response: row.response.repeat(4) })),
    ).flat(),
  });
  expect(Buffer.byteLength(page)).toBeLessThan(8_000_000);
  expect(page.includes('questions are left out here')).toBe(true);
  expect(page.includes('The first 2000 of 54000 rows')).toBe(true);
});

it('marks every alpha below ten times the numeric floor, on the page and in the heat map, and no other', async () => {
  const { record, ...rest } = fixtureRun();
  const { tStar, siteNoise } = record.results;
  const mark = 'below 10 × the numeric floor';
  const page = async (alpha: number) => {
    const numericFloor = { ...record.results.numericFloor!, alpha };
    return buildDashboard({ ...rest, record: { ...record, results: { ...record.results, numericFloor } } });
  };
  const far = await page(Math.min(...[...tStar!, ...siteNoise!].map((row) => row.alpha)) / 11);
  expect(far).not.toContain(mark);
  const [summary] = /id="summary".*?<\/section>/s.exec(await page(tStar![1]!.alpha / 9)) ?? [''];
  expect(summary.split(mark)).toHaveLength(tStar!.filter(({ alpha }) => alpha < (10 / 9) * tStar![1]!.alpha).length + 1);
  expect(await page(Math.max(...siteNoise!.map(({ alpha }) => alpha)))).toContain(`×: α ${mark}.`);
});
