// A page of more than 100,000 rows: small enough to mail, whole in its tables, and it works in the browser. How fast it opens is
// measured by `npm run bench:dashboard`.
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LargeRun, makeLargeRun } from '../../bench/dashboard/large-run.ts';
import { hasChromium, NO_CHROMIUM, openBrowser } from '../browser.ts';
import { hasMirror, NO_MIRROR } from '../mirror.ts';

describe.skipIf(!hasMirror)(`a page of 100,000 rows${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  let home = '';
  let run: LargeRun;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'tstar-large-'));
    const sources = { model: 'hf:fixtures/tiny-llama', dataset: 'gsm8k' };
    run = await makeLargeRun({ home, ...sources, promptCount: 250, drawCount: 36 });
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  it('stays below 8 MB and says where the rows are that it leaves out', async () => {
    expect(run.rows).toBe(250 * (36 * (5 + 6) + 8));
    expect((await stat(run.dashboard)).size).toBeLessThan(8_000_000);
    const page = await readFile(run.dashboard, 'utf8');
    expect(page).toContain('The first 2000 of 54000 rows');
    expect(page).toContain('questions are left out here');
    expect(page).toMatch(/rows of tStar<\/dt><dd><code>tstar cache get [0-9a-f]{64} --out tStar\.parquet/);
  });

  describe.skipIf(!hasChromium)(`in Chromium${hasChromium ? '' : ` (skipped: ${NO_CHROMIUM})`}`, () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await openBrowser();
    });
    afterAll(() => browser?.close());

    it('has tips, filters, and marks that lead to their cells', async () => {
      const page = await browser.newPage();
      const troubles: string[] = [];
      page.on('pageerror', (error) => troubles.push(error.message));
      await page.goto(pathToFileURL(run.dashboard).href);
      await page.locator('#t-star .drawing.wide:visible [data-tip]').first().hover({ force: true });
      expect(await page.locator('.tip').textContent()).toMatch(/^noise 0\.05\n(T\*|best T)/);
      await page.locator('[data-filter=temperature]').selectOption('0.5');
      const shown = Number((await page.locator('[data-filter=count]').textContent())!.replace(' shown', ''));
      expect(shown).toBe(await page.locator('.question').count());
      await page.locator('select[data-pick=noise]').selectOption('0.5');
      expect(await page.locator('#kl-by-temperature .dim').count()).toBeGreaterThan(0);
      await page.locator('#verdict .drawing:visible [data-noise="0.5"][data-draw]').first().click({ force: true });
      expect(await page.locator('#source').textContent()).toMatch(/scores \(score-temperatures.*tstar repro large-study scores --cell/s);
      expect(troubles).toEqual([]);
      await page.close();
    });
  });
});
