// Units of steps that did not finish, in a store as a run leaves it: what is there is found, what is not is named.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unfinishedUnits } from '../../activities/run-units.ts';
import { getRunRecord } from '../../artifacts/run-index.ts';
import type { RunRecord } from '../../artifacts/run-record.ts';
import type { Store } from '../../artifacts/store.ts';
import { openFolderStore } from '../../artifacts/stores/folder.ts';
import { makeStoredRun, type StoredRun } from '../cli/stored-run.ts';
import { hasMirror } from '../mirror.ts';

describe.skipIf(!hasMirror)(`units of unfinished steps${hasMirror ? '' : ' (skipped: no mirror)'}`, () => {
  let home = '';
  let store: Store;
  let stored: StoredRun;
  let record: RunRecord;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'tstar-units-'));
    stored = await makeStoredRun({ home, run: 'small' });
    store = await openFolderStore(home, { warn: () => undefined });
    record = (await getRunRecord(store, 'small', () => undefined))!;
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  const unfinished = (ids: readonly string[]): RunRecord => ({
    ...record,
    status: 'failed',
    nodes: record.nodes.map((node) => (ids.includes(node.id) ? { ...node, index: null } : node)),
  });

  it('are none of a run that finished', async () => {
    expect(await unfinishedUnits(store, record)).toEqual([]);
  });

  it('are found one by one, the missing ones named; below an unfinished step nothing was started', async () => {
    const lost = stored.manifests.find(({ components }) => components.step === 'inject-noise')!;
    await store.removeManifest(lost.key, new Date(Date.now() + 60_000));
    const [noisy, table] = await unfinishedUnits(store, unfinished(['noisy', 'effectiveNoise']));
    expect(noisy!.units).toHaveLength(8);
    expect(noisy!.units.filter(({ outputs }) => outputs === null).map(({ coordinates }) => coordinates)).toEqual([
      lost.components.coordinates,
    ]);
    const there = stored.manifests.filter(({ components, key }) => components.step === 'inject-noise' && key !== lost.key);
    expect(noisy!.units.flatMap(({ outputs }) => (outputs === null ? [] : [outputs.states])).sort()).toEqual(
      there.map(({ outputs }) => outputs.states!.digest).sort(),
    );
    expect(table).toEqual({ node: 'effectiveNoise', units: [{ coordinates: {}, outputs: null }] });
  });

  it('are found below a step that this run did not come to, where the store has it whole', async () => {
    const other = await makeStoredRun({ home, run: 'whole' });
    const made = (step: string) => other.manifests.filter(({ components }) => components.step === step);
    const [noisy, table] = await unfinishedUnits(store, unfinished(['noisy', 'effectiveNoise']));
    expect(noisy!.units.filter(({ outputs }) => outputs === null)).toEqual([]);
    expect(table!.units).toMatchObject([{ coordinates: {}, outputs: { table: made('summarize-noise')[0]!.outputs.table!.digest } }]);
  });

  it('are not known where the plan is gone', async () => {
    expect(await unfinishedUnits(store, { ...unfinished(['noisy']), plan: '0'.repeat(64) })).toEqual([]);
  });
});
