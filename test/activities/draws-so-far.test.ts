// The rows of a run that ended before its tables: those of the units that are there, and no others.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hiddenStateType, noisyHiddenStateType } from '../../activities/artifact-types.ts';
import { drawsSoFar } from '../../activities/draws-so-far.ts';
import { encodeIndex, makeIndex } from '../../artifacts/index-artifact.ts';
import type { RunRecord } from '../../artifacts/run-record.ts';
import type { Store } from '../../artifacts/store.ts';
import { openFolderStore } from '../../artifacts/stores/folder.ts';
import { effectiveNoise } from '../../numerics/effective-noise.ts';
import { fixtureRun } from '../dashboards/fixture.ts';

let folder = '';
let store: Store;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tstar-store-'));
  store = await openFolderStore(folder, { warn: () => undefined });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const CLEAN = Float32Array.of(1, -2, 3, 0.5);
const NOISY = Float32Array.of(1.5, -2.25, 3, 0.25);

/** A run with prompt 0 captured, one noisy state of it there and one missing; its noise table waits. */
async function putRun(tableIndex: string | null): Promise<Parameters<typeof drawsSoFar>> {
  const { record } = fixtureRun();
  const clean = await store.putObject(await hiddenStateType.encode({ hidden_last: CLEAN }));
  const noisy = await store.putObject(await noisyHiddenStateType.encode({ hidden_last: NOISY }));
  const index = await store.putObject(encodeIndex(makeIndex([], [{ coordinates: { prompt: 0 }, outputs: { states: clean } }])));
  const inputs = {
    clean: { node: 'hidden', output: 'states', reads: 'all' as const },
    noisy: { node: 'noisy', output: 'states', reads: 'all' as const },
  };
  const nodes = record.nodes.map((node) => {
    if (node.step === 'summarize-noise') return { ...node, inputs, index: tableIndex };
    return { ...node, index: node.id === 'hidden' ? index : null };
  });
  const place = (draw: number) => ({ prompt: 0, draw, scale: 0.1 });
  const units = [
    { coordinates: place(0), outputs: { states: noisy } },
    { coordinates: place(1), outputs: null },
  ];
  return [store, { ...record, nodes } satisfies RunRecord, [{ node: 'noisy', units }]];
}

it('are made from the units that are there', async () => {
  expect(await drawsSoFar(...(await putRun(null)))).toEqual({
    effectiveNoiseDraws: [{ prompt: 0, draw: 0, scale: 0.1, ...effectiveNoise(CLEAN, NOISY, 0.1) }],
  });
});

it('are left to the table where it is finished', async () => {
  expect(await drawsSoFar(...(await putRun('a'.repeat(64))))).toEqual({});
});
