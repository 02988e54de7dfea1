// The site's index as text: a line per run, relative links alone, hostile names as text.
import { describe, expect, it } from 'vitest';
import { buildDashboard, openDocument } from '../../dashboards/build.ts';
import { buildSiteIndex, HOME, runPage } from '../../dashboards/site.ts';
import { drawSparkline } from '../../dashboards/sparkline.ts';
import { runVerdict, verdictOf } from '../../dashboards/verdict.ts';
import { calibrationRun, failedRun, fixtureRun, shippedRuns } from './fixture.ts';

const done = fixtureRun().record;
const failed = { ...failedRun().record, run: '../nightly <b>/ä' };

describe('the index of a site', () => {
  it('has a line per run: link, status, verdict, sparkline, model, dataset, when', async () => {
    const index = await buildSiteIndex([done, failed]);
    expect(index.match(/<th scope="row">/g)).toHaveLength(2);
    expect(index).toContain('href="runs/effective-noise-fixture.html"');
    expect(index).toContain('holds at 4 of 6 levels');
    expect(index.match(/<svg/g)).toHaveLength(1);
    for (const text of [done.pipeline, done.model!.name, done.dataset!.name, 'failed']) expect(index).toContain(text);
  });

  it('has runs of several pipelines, each with its own verdict and picture', async () => {
    const index = await buildSiteIndex([done, calibrationRun().record]);
    expect(index).toContain('T = 1.063, ECE 3.3 % to 2.8 %');
    expect(index).toContain('<span class="mark helps">helps</span>');
    expect(index.match(/<svg/g)).toHaveLength(2);
    expect(index).toContain('accuracy against confidence');
    expect(await buildSiteIndex([done])).not.toContain('accuracy against confidence');
  });

  it('keeps a hostile name as text, and its page inside the site', async () => {
    const index = await buildSiteIndex([failed]);
    expect(index).not.toContain('<b>');
    expect(runPage(failed.run)).toBe('runs/_2e_._2f_nightly_20__3c_b_3e__2f__e4_.html');
    expect(runPage('a b')).not.toBe(runPage('a_20_b'));
    const addresses = [...index.matchAll(/(?:src|href)="([^"]*)"/g)].map((match) => match[1]!);
    expect(addresses.filter((address) => address !== 'data:,' && !/^runs\/[\w.-]+\.html$/.test(address))).toEqual([]);
    expect(index).not.toMatch(/<script/);
  });

  it('says so where there are no runs', async () => {
    expect(await buildSiteIndex([])).toContain('no runs yet');
  });
});

it('leads from a page of the site back to its index', async () => {
  expect(await buildDashboard(fixtureRun(), { home: HOME })).toContain('<a href="../index.html">All runs</a>');
});

it('draws T* and best T small, nothing of a single level', async () => {
  const document = await openDocument();
  const svg = drawSparkline(done.results.tStar, document)!;
  expect(svg.match(/<circle/g)).toHaveLength(6);
  expect(svg).not.toMatch(/NaN|undefined|<style/);
  expect(svg.length).toBeLessThan(3000);
  expect(drawSparkline(done.results.tStar!.slice(0, 1), document)).toBeUndefined();
});

it('says of noise by site, of a numeric floor and of activations what they found', async () => {
  const { 'noise-by-site': sites, 'numeric-floor': floor, activations } = shippedRuns();
  const index = await buildSiteIndex([sites!.record, floor!.record, activations!.record]);
  expect(index).toContain('layers.11.mlp.down_proj.input: 81 % of the noise at the head');
  expect(index).toContain('numeric floor 4.1e−12');
  expect(index).toContain('std up to 7.51 at layers.5.residual');
  const { numericFloor } = floor!.record.results;
  const none = verdictOf({ numericFloor: { ...numericFloor!, alpha: 0 } })!;
  expect([none.sentence, none.brief]).toEqual([expect.stringContaining('gives the same bits'), 'the same bits every way']);
  // Rounded weights are another model: no part of the floor.
  expect(none.leads.join(' ')).not.toContain('float16');
  // A study that was cut off behind its floor has no verdict yet.
  const { sections } = shippedRuns()['noise-by-site']!.record;
  expect(runVerdict({ ...floor!.record, status: 'cancelled', sections })).toBeUndefined();
  const page = await buildDashboard(sites!);
  expect(page.replaceAll('\u00a0', ' ').replaceAll('<wbr>', '')).toContain(
    'noise at layers.11.mlp.down_proj.input alone makes 81.4 % [66.4 %, 96.3 %] of the noise at the head, more than any other of the',
  );
  expect(page).not.toContain('no tables to draw');
});
