// Rows from a real store: found through the sections' nodes and their indexes, and missing without harm.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { effectiveNoiseRowsType, gradedRowsType, tStarRowsType } from '../../activities/artifact-types.ts';
import { encodeIndex, makeIndex } from '../../artifacts/index-artifact.ts';
import type { RunRecord } from '../../artifacts/run-record.ts';
import type { Store } from '../../artifacts/store.ts';
import { openFolderStore } from '../../artifacts/stores/folder.ts';
import { readDashboardData } from '../../dashboards/data.ts';
import { fixtureRun } from './fixture.ts';

let folder = '';
let store: Store;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tstar-store-'));
  store = await openFolderStore(folder, { warn: () => undefined });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The fixture's record with nodes whose indexes are in the store. */
async function putRows(outputs: { readonly [node: string]: { readonly [output: string]: Uint8Array } }): Promise<RunRecord> {
  const { record } = fixtureRun();
  const nodes = await Promise.all(
    record.nodes.map(async (node) => {
      const digests: Record<string, Awaited<ReturnType<Store['putObject']>>> = {};
      for (const [output, bytes] of Object.entries(outputs[node.id] ?? {})) digests[output] = await store.putObject(bytes);
      return { ...node, index: await store.putObject(encodeIndex(makeIndex([], [{ coordinates: {}, outputs: digests }]))) };
    }),
  );
  return { ...record, nodes };
}

it('reads the rows of all sections', async () => {
  const { effectiveNoiseDraws, tStarDraws, graded } = fixtureRun();
  const record = await putRows({
    'noise-table': { rows: await effectiveNoiseRowsType.encode([...effectiveNoiseDraws!]) },
    fit: { rows: await tStarRowsType.encode([...tStarDraws!]) },
    calibration: { graded: await gradedRowsType.encode([...graded!]) },
  });
  const data = await readDashboardData(store, record);
  expect(data.effectiveNoiseDraws).toEqual(effectiveNoiseDraws);
  expect(data.tStarDraws).toEqual(tStarDraws);
  expect(data.graded).toEqual(graded);
  const units = data.units!.find(({ node }) => node === 'fit')!.units;
  expect(units).toEqual([{ coordinates: {}, outputs: { rows: data.rowDigests!.tStar } }]);
  expect(Object.keys(data.rowDigests!).sort()).toEqual(['calibration', 'effectiveNoise', 'tStar']);
});

it('does without rows that are missing or unreadable, and without unfinished nodes', async () => {
  const record = await putRows({ fit: { rows: new TextEncoder().encode('no Parquet') } });
  const nodes = record.nodes.map((node) => (node.id === 'calibration' ? { ...node, index: null } : node));
  expect(await readDashboardData(store, { ...record, nodes })).toMatchObject({ record: { ...record, nodes }, rowDigests: {} });
});
