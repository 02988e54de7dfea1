// The page in a real browser, opened from disk: nothing requested, nothing logged, and everything that moves moves.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBrowser } from '../../dashboards/browser/build.mjs';
import { buildDashboard, hasData } from '../../dashboards/build.ts';
import { buildSiteIndex } from '../../dashboards/site.ts';
import { views } from '../../dashboards/views/all.ts';
import { hasChromium, NO_CHROMIUM, openBrowser } from '../browser.ts';
import { seriousFindings } from './axe.ts';
import { calibrationRun, cancelledRun, failedRun, fixtureRun } from './fixture.ts';
import { gridRun } from './grid-fixture.ts';

const figures = views.filter((view) => hasData(view, fixtureRun())).length;

describe.skipIf(!hasChromium)(`the page in Chromium${hasChromium ? '' : ` (skipped: ${NO_CHROMIUM})`}`, () => {
  let browser: Browser;
  let folder = '';
  const troubles: string[] = [];
  const requests: string[] = [];

  beforeAll(async () => {
    await buildBrowser(fileURLToPath(new URL('../../dashboards/browser/bundle.js', import.meta.url)));
    folder = await mkdtemp(join(tmpdir(), 'tstar-dashboard-'));
    await writeFile(join(folder, 'done.html'), await buildDashboard(fixtureRun()));
    await writeFile(join(folder, 'calibration.html'), await buildDashboard(calibrationRun()));
    await writeFile(join(folder, 'cancelled.html'), await buildDashboard(cancelledRun()));
    await writeFile(join(folder, 'failed.html'), await buildDashboard(failedRun()));
    const other = { ...fixtureRun(), record: { ...fixtureRun().record, run: 'another', params: { seed: 7 } } };
    await writeFile(join(folder, 'compared.html'), await buildDashboard({ ...fixtureRun(), compared: [other] }));
    await writeFile(join(folder, 'cells.html'), await buildDashboard(gridRun([42, 43], ['verdict', 't-star', 'calibration'])));
    await writeFile(join(folder, 'index.html'), await buildSiteIndex([fixtureRun().record, failedRun().record]));
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(name: string, options: Parameters<Browser['newPage']>[0] = {}, hash = ''): Promise<Page> {
    const page = await browser.newPage(options);
    page.on('console', (message) => troubles.push(message.text()));
    page.on('pageerror', (error) => troubles.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(join(folder, name)).href + hash);
    return page;
  }

  it.each([360, 1280, 2560])('fits %i px without scrolling sideways', async (width) => {
    const page = await open('done.html', { viewport: { width, height: 900 } });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    expect(await page.locator('figure.card').count()).toBe(figures);
    expect(await page.locator('figure .drawing svg:visible').count()).toBe(figures);
    await page.close();
  });

  it.each([360, 1280])('moves nothing at %i px, neither while it loads nor when a noise level is singled out', async (width) => {
    const page = await open('done.html', { viewport: { width, height: 900 } });
    await page.evaluate(watchShifts);
    expect(await page.evaluate(shifts)).toEqual([]);
    await page.locator('select[data-pick=noise]').selectOption('0.5');
    expect(await page.locator('#kl-by-temperature .dim').count()).toBeGreaterThan(0);
    expect(await page.evaluate(shifts)).toEqual([]);
    // What does move is seen.
    await page.evaluate(() =>
      document.querySelector('main, body')!.prepend(Object.assign(document.createElement('p'), { innerText: 'pushes' })),
    );
    expect(await page.evaluate(shifts)).not.toEqual([]);
    await page.close();
  });

  it.each([360, 1280])('fits %i px with a calibration, whose bins lead to their table and hide with the legend', async (width) => {
    const page = await open('calibration.html', { viewport: { width, height: 900 } });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    expect(await page.locator('#reliability .drawing:visible [data-series=after] [data-bin]').count()).toBe(15);
    await page.locator('#reliability .drawing:visible [data-series=after] [data-bin="14"]').click({ force: true });
    const panel = page.locator('#source');
    expect(await panel.textContent()).toMatch(/T fitted: confidence 0\.933 to 1\.000\s*660 tokens/);
    expect(await panel.textContent()).toContain('calibration (measure-calibration, version 1)');
    await panel.getByText('Close').click();
    await page.locator('#reliability .drawing:visible [data-key="series:after"]').click();
    expect(await page.locator('#reliability .drawing:visible [data-series=after].off').count()).toBeGreaterThan(0);
    await page.close();
  });

  it('shows tips by pointer and by keys, and where a number comes from', async () => {
    const page = await open('done.html');
    await page.locator('#t-star .drawing.wide:visible [data-tip]').first().hover({ force: true });
    expect(await page.locator('.tip').textContent()).toMatch(/noise 0\.05\nT\* 0\.802/);
    await page.locator('#verdict .drawing:visible').focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('#spoken').textContent()).toContain('observed');
    await page.keyboard.press('Enter');
    const source = page.locator('#source');
    expect(await source.textContent()).toContain('tstar repro effective-noise-fixture scores --cell prompt=0');
    await page.keyboard.press('Escape');
    expect(await source.isVisible()).toBe(false);
    await page.close();
  });

  it('leads from a draw to its cell, object, run in the Temporal UI and command, which it copies', async () => {
    const page = await open('done.html');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.locator('#verdict .drawing:visible [data-noise="0.1"][data-prompt="3"][data-draw="2"]').click({ force: true });
    const source = page.locator('#source');
    const { coordinates, outputs } = fixtureRun()
      .units!.find(({ node }) => node === 'scores')!
      .units.find((unit) => Object.values(unit.coordinates).join() === '3,2,0.1')!;
    expect(coordinates).toEqual({ prompt: 3, draw: 2, noise: 0.1 });
    for (const text of ['scores (score-temperatures, version 1)', 'prompt=3 draw=2 noise=0.1', outputs!.result!])
      expect(await source.textContent()).toContain(text);
    expect(await source.locator('a').getAttribute('href')).toBe(fixtureRun().record.uiAddress);
    await source.getByRole('button', { name: 'Copy' }).click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toBe('tstar repro effective-noise-fixture scores --cell prompt=3,draw=2,noise=0.1');
    await source.getByRole('button', { name: 'Highlight prompt 3' }).click();
    expect(await page.locator('select[data-pick=prompt]').inputValue()).toBe('3');
    await page.close();
  });

  it('names every unit behind a mean', async () => {
    const page = await open('done.html');
    await page
      .locator(
        '#effective-noise .drawing:visible circle[data-noise="0.05"], #effective-noise .drawing:visible [data-noise="0.05"][data-tip]',
      )
      .first()
      .click({ force: true });
    expect(await page.locator('#source').textContent()).toContain('tstar repro effective-noise-fixture noise-table');
    const units = page.locator('#source details');
    expect(await units.locator('summary').textContent()).toContain('30 units');
    expect(await units.locator('code').nth(1).textContent()).toMatch(
      /^tstar repro effective-noise-fixture noisy --cell prompt=0,draw=0,scale=0.05$/,
    );
    await page.close();
  });

  it('singles out a noise level, keeps it in the address, and opens with it', async () => {
    const page = await open('done.html');
    await page.locator('select[data-pick=noise]').selectOption('0.5');
    expect(await page.locator('#kl-by-temperature .dim').count()).toBeGreaterThan(0);
    expect(page.url()).toContain('#noise=0.5');
    await page.close();
    const again = await open('done.html', {}, '#noise=0.5&axes-alpha=linear');
    expect(await again.locator('#kl-by-temperature .dim').count()).toBeGreaterThan(0);
    expect(await again.locator('#alpha button[data-axes=linear]').getAttribute('aria-pressed')).toBe('true');
    await again.close();
  });

  it('hides a series from its legend, and in the page that its address opens', async () => {
    const page = await open('done.html');
    const shown = (one: Page) => one.locator('#t-star .drawing:visible [data-series=bestTProb]:visible').count();
    await page.locator('#t-star .drawing:visible [data-key="series:bestTProb"]').focus();
    await page.keyboard.press('Enter');
    expect(await shown(page)).toBe(0);
    const { hash } = new URL(page.url());
    expect(hash).toBe('#hidden-t-star=bestTProb');
    await page.keyboard.press('Enter');
    expect(await shown(page)).toBeGreaterThan(0);
    expect(new URL(page.url()).hash).toBe('');
    await page.close();
    const again = await open('done.html', {}, `${hash},%25,nothing`);
    expect(await shown(again)).toBe(0);
    expect(await again.locator('#t-star .drawing:visible [data-key="series:bestTProb"]').getAttribute('aria-pressed')).toBe('false');
    await again.close();
  });

  it('is dark by system and by switch, also with scripts off', async () => {
    const ground = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const page = await open('done.html', { colorScheme: 'dark' });
    expect(await ground(page)).toBe('rgb(13, 15, 18)');
    await page.getByText('light', { exact: true }).click();
    expect(await ground(page)).toBe('rgb(245, 245, 242)');
    await page.close();
    const still = await open('done.html', { javaScriptEnabled: false });
    await still.getByText('dark', { exact: true }).click();
    expect(await still.locator('figure .drawing svg:visible').count()).toBe(figures);
    expect(await still.locator('.tools:visible').count()).toBe(0);
    await still.close();
  });

  it('exports figures and tables', async () => {
    const page = await open('done.html', { acceptDownloads: true });
    const saved = async (click: () => Promise<void>) => {
      const [download] = await Promise.all([page.waitForEvent('download'), click()]);
      return readFile(await download.path());
    };
    const svg = (await saved(() => page.locator('#alpha button[data-export=svg]').click())).toString();
    expect(svg).toMatch(/^<svg/);
    expect(svg).not.toContain('var(');
    const png = await saved(() => page.locator('#alpha button[data-export=png]').click());
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.length).toBeGreaterThan(10_000);
    const csv = (await saved(() => page.locator('#summary button[data-export=csv]').click())).toString();
    expect(csv.split('\r\n')[0]).toMatch(/^noise,α,α low,α high,/);
    expect(csv.split('\r\n')[1]).toMatch(/^0\.05,0\.004890/);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.locator('#summary button[data-export=latex]').click();
    await page.locator('#summary button[data-export=latex]', { hasText: 'Copied' }).waitFor();
    const latex = await page.evaluate(() => navigator.clipboard.readText());
    expect(latex).toMatch(/^\\begin\{tabular\}\{lr+\}\nnoise & \$\\alpha\$ & T\*/);
    expect(latex).toContain("study's mark");
    expect(latex).toContain(' & match & holds & 30 ');
    await page.close();
  });

  it('filters generations, and hostile text does nothing', async () => {
    const page = await open('done.html');
    await page.locator('[data-filter=correct]').selectOption('true');
    expect(await page.locator('[data-filter=count]').textContent()).toBe('8 shown');
    await page.locator('[data-filter=text]').fill('hostile');
    await page.locator('.question:visible summary').first().click();
    expect(await page.locator('.asked:visible').textContent()).toContain('</script>');
    expect(await page.title()).toBe('effective-noise: effective-noise-fixture');
    await page.close();
  });

  it('leads from a mark of a cell to the units of that cell, beside other cells and in its section, at any width', async () => {
    const page = await open('cells.html', { viewport: { width: 360, height: 900 } });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    const source = page.locator('#source');
    for (const [mark, command] of [
      ['#compared-t-star .drawing:visible [data-run="1"][data-tip]', "tstar repro effective-noise-fixture 'fit[seed=43]'"],
      ['#cell-0-t-star .drawing:visible [data-noise="0.1"][data-tip]', "tstar repro effective-noise-fixture 'fit[seed=42]'"],
      ['#calibration .drawing:visible [data-tip]', 'tstar repro effective-noise-fixture calibration'],
    ] as const) {
      await page.locator(mark).first().click({ force: true });
      expect(await source.textContent()).toContain(command);
      await page.keyboard.press('Escape');
    }
    await page.locator('#cells-table a', { hasText: '43' }).click();
    expect(page.url()).toMatch(/#cell-1$/);
    await page.close();
  });

  it('says of a compared run’s mark which run it is of', async () => {
    const page = await open('compared.html');
    await page.locator('#compared-t-star .drawing:visible [data-run="1"][data-tip]').first().click({ force: true });
    expect(await page.locator('#source').textContent()).toContain('tstar repro another fit');
    await page.close();
  });

  it.each(
    ['done.html', 'calibration.html', 'failed.html', 'compared.html', 'cells.html', 'index.html'].flatMap((name) =>
      (['light', 'dark'] as const).map((colorScheme) => ({ name, colorScheme })),
    ),
  )('axe finds nothing serious in $name, $colorScheme', async ({ name, colorScheme }) => {
    const page = await open(name, { colorScheme, bypassCSP: true });
    await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
    });
    expect(await seriousFindings(page)).toEqual([]);
    await page.close();
  });

  it('opens a cancelled run: its cells and its draws, the missing ones hollow', async () => {
    const page = await open('cancelled.html');
    expect(await page.locator('.banner').first().textContent()).toContain('cancelled');
    for (const name of ['cells', 'difference-by-prompt']) expect(await page.locator(`#${name} svg`).first().isVisible()).toBe(true);
    await page.close();
  });

  it('opens an unfinished run', async () => {
    const page = await open('failed.html');
    expect(await page.locator('.banner').first().textContent()).toContain('This run failed');
    await page.close();
  });

  it('logged nothing and requested nothing but the file itself', () => {
    expect(troubles).toEqual([]);
    expect(requests.filter((url) => !url.startsWith('file:') && !url.startsWith('data:') && !url.startsWith('blob:'))).toEqual([]);
  });
});

interface Shifts {
  moved?: string[];
}

/** In the page: keeps what moves of what was painted, from the page's start on. */
function watchShifts(): void {
  const moved: string[] = [];
  (globalThis as Shifts).moved = moved;
  const told = (list: PerformanceObserverEntryList) => {
    for (const entry of list.getEntries() as (PerformanceEntry & { readonly value: number })[])
      moved.push(`${entry.value} of the screen, ${entry.startTime} ms after the start`);
  };
  new PerformanceObserver(told).observe({ type: 'layout-shift', buffered: true });
}

/** In the page, after two frames more: what has moved so far. */
async function shifts(): Promise<string[]> {
  for (let frame = 0; frame < 2; frame++) await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  return (globalThis as Shifts).moved ?? [];
}
