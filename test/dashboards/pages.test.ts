// The page of every shipped pipeline, of unfinished runs and the index in Chromium, at the width of a phone, of a laptop and of a
// 4K screen. Screenshots are left in test-results/screenshots for people to look at; what can be asserted is:
// nothing scrolls sideways, no text lies on another or leaves its card, nothing serious for axe, no request, and with scripts off
// and on paper the figures are there.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBrowser } from '../../dashboards/browser/build.mjs';
import { buildDashboard } from '../../dashboards/build.ts';
import { buildSiteIndex } from '../../dashboards/site.ts';
import { listPipelines } from '../../pipelines/find-pipeline.ts';
import { hasChromium, NO_CHROMIUM, openBrowser } from '../browser.ts';
import { seriousFindings } from './axe.ts';
import { cancelledRun, failedRun, shippedRuns } from './fixture.ts';

const SCREENSHOTS = fileURLToPath(new URL('../../test-results/screenshots/', import.meta.url));
/** Whole pages at 4K, and all of them dark too, take a minute: `npm run screenshots`; else the first screen, light. */
const isFull = process.env.TSTAR_SCREENSHOTS === 'full';
const SCREENS = [
  { width: 360, height: 800 },
  { width: 1280, height: 900 },
  { width: 3840, height: 2160 },
];
/** Smaller lines of text than these CSS pixels are hard to read, at 4K on any screen. */
const LEAST_TEXT = { 360: 11, 1280: 11, 3840: 16 } as const;

const runs = { ...shippedRuns(), cancelled: cancelledRun(), failed: failedRun() };
const names = Object.keys(runs);
const pages = [...names, 'index'];

describe.skipIf(!hasChromium)(`pages in Chromium${hasChromium ? '' : ` (skipped: ${NO_CHROMIUM})`}`, () => {
  let browser: Browser;
  let folder = '';
  const troubles: string[] = [];

  beforeAll(async () => {
    await buildBrowser(fileURLToPath(new URL('../../dashboards/browser/bundle.js', import.meta.url)));
    await rm(SCREENSHOTS, { recursive: true, force: true });
    await mkdir(SCREENSHOTS, { recursive: true });
    folder = await mkdtemp(join(tmpdir(), 'tstar-pages-'));
    for (const [name, run] of Object.entries(runs)) await writeFile(join(folder, `${name}.html`), await buildDashboard(run));
    const records = Object.entries(runs).map(([run, { record }]) => ({ ...record, run }));
    await writeFile(join(folder, 'index.html'), await buildSiteIndex(records));
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(name: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
    const page = await browser.newPage(options);
    page.on('console', (message) => troubles.push(`${name}: ${message.text()}`));
    page.on('pageerror', (error) => troubles.push(`${name}: ${error.message}`));
    page.on('request', (request) => {
      if (!/^(file|data|blob):/.test(request.url())) troubles.push(`${name} asks for ${request.url()}`);
    });
    await page.goto(pathToFileURL(join(folder, `${name}.html`)).href);
    return page;
  }

  it('are those of every shipped pipeline', async () => {
    expect(Object.keys(shippedRuns()).sort()).toEqual([...(await listPipelines())].sort());
  });

  it.each(pages.flatMap((name) => SCREENS.map((viewport) => ({ name, viewport, width: viewport.width }))))(
    '$name at $width px: no text on another, outside its card or too small, nothing sideways',
    async ({ name, viewport, width }) => {
      const page = await open(name, { viewport });
      for (const colorScheme of isFull ? (['light', 'dark'] as const) : (['light'] as const)) {
        await page.emulateMedia({ colorScheme });
        const path = join(SCREENSHOTS, `${name}-${width}-${colorScheme}.jpg`);
        await page.screenshot({ path, type: 'jpeg', quality: 80, fullPage: isFull || width < 3840 });
      }
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      expect(await page.evaluate(badTexts, LEAST_TEXT[width as keyof typeof LEAST_TEXT])).toEqual([]);
      await page.close();
    },
  );

  it.each(names)('%s with scripts off, and on paper: its figures are there and nothing is cut', async (name) => {
    const page = await open(name, { javaScriptEnabled: false, viewport: { width: 794, height: 1123 } });
    const figures = await page.locator('figure').count();
    expect(figures).toBeGreaterThan(0);
    expect(await page.locator('figure .drawing svg:visible').count()).toBe(figures);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.locator('figure .drawing svg:visible').count()).toBe(figures);
    expect(await page.locator('.tools:visible, .picker:visible, .theme:visible').count()).toBe(0);
    const paper = await page.locator('body').evaluate((body) => getComputedStyle(body).backgroundColor);
    expect(paper).toBe('rgb(255, 255, 255)');
    expect(await page.locator('html').evaluate((html) => html.scrollWidth)).toBeLessThanOrEqual(794);
    const cut = await page
      .locator('.scroll:visible')
      .evaluateAll((tables) => tables.filter((table) => table.scrollWidth > table.clientWidth).length);
    expect(cut).toBe(0);
    await page.screenshot({ path: join(SCREENSHOTS, `${name}-paper.jpg`), type: 'jpeg', quality: 80, fullPage: true });
    await page.close();
  });

  it.each(names)('%s: nothing serious for axe, and the keys reach every figure', async (name) => {
    const page = await open(name, { bypassCSP: true });
    expect(await seriousFindings(page)).toEqual([]);
    for (const drawing of await page.locator('figure .drawing:visible').all()) {
      await drawing.focus();
      await page.keyboard.press('ArrowRight');
      expect(await page.locator('#spoken').textContent()).not.toBe('');
    }
    await page.close();
  });

  it('log nothing and ask for nothing', () => {
    expect(troubles).toEqual([]);
  });
});

/** In the page: texts of figures that lie on another, leave their card, or are smaller than `least`. */
function badTexts(least: number): string[] {
  const areOver = (a: DOMRect, b: DOMRect) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1.5 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2.5;
  return [...document.querySelectorAll('.drawing svg')].flatMap((svg) => {
    const card = svg.closest('.card')!.getBoundingClientRect();
    const texts = [...svg.querySelectorAll('text')]
      .map((text) => ({ said: `${svg.closest('figure')?.id} “${text.textContent}”`, at: text.getBoundingClientRect() }))
      .filter(({ at }) => at.width > 0);
    return texts.flatMap(({ said, at }, i) => [
      ...texts.slice(0, i).flatMap((other) => (areOver(at, other.at) ? [`${said} on ${other.said}`] : [])),
      ...(at.left < card.left || at.right > card.right + 1 ? [`${said} leaves its card`] : []),
      ...(at.height < least ? [`${said} is ${at.height} px high`] : []),
    ]);
  });
}
