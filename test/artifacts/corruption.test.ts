// Random damage to the JSON documents of a store: what is no document of this program counts as missing, with a warning that
// names it; what still is one can be shown and collected around. Objects have their digests (store.contract.ts).
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { neededByRuns } from '../../activities/run-needs.ts';
import { encodeManifest } from '../../artifacts/manifest.ts';
import { listRuns, runDocument } from '../../artifacts/run-index.ts';
import type { Store } from '../../artifacts/store.ts';
import { openFolderStore } from '../../artifacts/stores/folder.ts';
import { verifyStore } from '../../artifacts/verify.ts';
import { renderResults } from '../../cli/results-text.ts';
import { chosenViews, hasData } from '../../dashboards/build.ts';
import { fixtureRun } from '../dashboards/fixture.ts';
import { damageJson, mulberry32 } from '../formats/damage.ts';
import { makeManifest } from './store.contract.ts';

const CASES = 500;
const work = mkdtempSync(join(tmpdir(), 'tstar-store-'));
const warnings: string[] = [];
const warn = (text: string) => void warnings.push(text);
let store: Store;
beforeAll(async () => {
  store = await openFolderStore(work, { warn });
});
afterAll(() => rmSync(work, { recursive: true }));

function damaged(name: string, original: unknown): () => void {
  const file = join(work, ...name.split('/'));
  mkdirSync(dirname(file), { recursive: true });
  const random = mulberry32(13);
  return () => writeFileSync(file, damageJson(original, random));
}

it(`${CASES} damaged manifests count as missing or still hash to their key`, async () => {
  const manifest = makeManifest('damaged');
  const name = `manifests/${manifest.key.slice(0, 2)}/${manifest.key}.json`;
  const damage = damaged(name, JSON.parse(new TextDecoder().decode(encodeManifest(manifest))));
  let refused = 0;
  for (let i = 0; i < CASES; i++) {
    damage();
    warnings.length = 0;
    const found = await store.getManifest(manifest.key);
    if (found !== undefined) expect(found.components, `case ${i}`).toEqual(manifest.components);
    else {
      expect(warnings[0], `case ${i}`).toMatch(/^manifest \S+\.json (is|holds) .*; it counts as missing$/);
      refused++;
    }
    expect((await verifyStore(store)).damages.length).toBe(found === undefined ? 1 : 0);
  }
  expect(refused).toBeGreaterThan(CASES / 4);
  rmSync(join(work, name));
});

it(`${CASES} damaged records of runs are left out with a warning, or are records`, async () => {
  const { record } = fixtureRun();
  const name = runDocument(record.run, 'run.json');
  const damage = damaged(name, record);
  let refused = 0;
  for (let i = 0; i < CASES; i++) {
    damage();
    warnings.length = 0;
    const [found] = await listRuns(store, warn);
    if (found === undefined) {
      expect(warnings, `case ${i}`).toEqual([`${store.location}/${name} is no run record of this version; it is left out`]);
      refused++;
    } else {
      expect(found.run).toBe(record.run);
      expect(renderResults(found)).toContain(record.run);
      for (const view of chosenViews({ record: found })) hasData(view, { record: found });
    }
    await neededByRuns(store, 10, warn);
  }
  expect(refused).toBeGreaterThan(CASES / 4);
  rmSync(join(work, ...name.split('/')));
});

it(`${CASES} damaged marks of planned runs are none, or marks`, async () => {
  const original = { format: 1, run: 'r', plan: 'a'.repeat(64), plannedAt: '2026-01-01T00:00:00.000Z' };
  const damage = damaged('runs/r/planned.json', original);
  for (let i = 0; i < CASES; i++) {
    damage();
    for (const run of (await neededByRuns(store, 10, warn)).unfinished) expect(run, `case ${i}`).toBe('r');
  }
});
