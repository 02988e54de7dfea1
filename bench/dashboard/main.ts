// `npm run bench:dashboard`: a page of 103,000 rows, opened from disk in Chromium: its size, until it can be used, until a tip and
// until a noise level is singled out. Prints a table and writes bench/results/dashboard.{md,json}.
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { benchRow, limit, renderRows } from '../rows.ts';
import { makeLargeRun } from './large-run.ts';

/** The median of these: the first one starts the browser's processes and reads the file from disk. */
const TIMES = 5;

const home = await mkdtemp(join(tmpdir(), 'tstar-bench-'));
const { dashboard, rows: count } = await makeLargeRun({
  home,
  model: 'smollm2-135m-instruct',
  dataset: 'gsm8k',
  promptCount: 500,
  drawCount: 18,
}).catch(giveUp);
const sizeMb = (await stat(dashboard)).size / 1e6;
const browser = await chromium.launch({
  executablePath: process.env.TSTAR_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu'],
});
const times = [];
for (let i = 0; i < TIMES; i++) times.push(await timesOf(browser));
await browser.close();
await rm(home, { recursive: true, force: true });

const row = (id: string, what: string, value: number, unit: string, most: number) =>
  benchRow({ id, what: `${count} rows: ${what}`, value, unit, better: 'less', reference: limit(most), atLeast: 1 });
const rows = [
  row('size', 'size of the page', sizeMb, 'MB', 8),
  row('interactive', 'until its script ran', median(times.map(({ interactive }) => interactive)), 's', 1),
  row('tip', 'until a tip shows', median(times.map(({ tip }) => tip)), 's', 1),
  row('highlight', 'until a noise level is singled out', median(times.map(({ highlight }) => highlight)), 's', 1),
];
const folder = new URL('../../../bench/results/', import.meta.url);
const machine = { cpu: cpus()[0]?.model ?? '', cores: cpus().length, node: process.version };
await writeFile(new URL('dashboard.json', folder), `${JSON.stringify({ machine, rows }, null, 2)}\n`);
await writeFile(new URL('dashboard.md', folder), `${renderRows(rows)}\n`);
process.stdout.write(`${renderRows(rows)}\n`);
process.exit(rows.every(({ met }) => met) ? 0 : 1);

/** In seconds. */
async function timesOf(browser: Browser): Promise<{ readonly interactive: number; readonly tip: number; readonly highlight: number }> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(pathToFileURL(dashboard).href);
  const interactive = await page.evaluate(() => {
    const [opened] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
    return opened!.domContentLoadedEventEnd;
  });
  const painted = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const timed = async (act: () => Promise<unknown>) => {
    const start = performance.now();
    await act();
    await painted();
    return (performance.now() - start) / 1000;
  };
  const tip = await timed(() => page.locator('#t-star .drawing.wide:visible [data-tip]').first().hover({ force: true }));
  const highlight = await timed(() => page.locator('select[data-pick=noise]').selectOption('0.5'));
  await page.close();
  return { interactive: interactive / 1000, tip, highlight };
}

/** The model and GSM8K come from the hub or a mirror. */
function giveUp(error: Error): never {
  process.stderr.write(`bench:dashboard: ${error.message}\n`);
  process.exit(1);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
