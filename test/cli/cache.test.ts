// `tstar cache` and `tstar repro` as a user types them, on a store with two runs.
import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getIndex } from '../../activities/plan-store.ts';
import { encodeIndex, makeIndex } from '../../artifacts/index-artifact.ts';
import type { Manifest } from '../../artifacts/manifest.ts';
import { getRunRecord, putRunRecord } from '../../artifacts/run-index.ts';
import { openFolderStore } from '../../artifacts/stores/folder.ts';
import { makeProject, type Project } from '../e2e/command.ts';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import { makeStoredRun, type StoredRun } from './stored-run.ts';

describe.skipIf(!hasMirror)(`tstar cache${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  let project: Project;
  let home: string;
  let first: StoredRun;
  let second: StoredRun;

  beforeAll(async () => {
    project = await makeProject();
    home = join(project.folder, '.tstar');
    first = await makeStoredRun({ home, run: 'first', startedAt: '2026-01-01T00:00:00.000Z' });
    second = await makeStoredRun({ home, run: 'second', sets: ['seed=43'], startedAt: '2026-01-02T00:00:00.000Z' });
  });
  afterAll(() => project?.remove());

  const noisyOf = ({ manifests }: StoredRun): Manifest => manifests.find(({ node }) => node === 'noisy')!;
  const objectPath = (digest: string): string => join(home, 'objects', digest.slice(0, 2), digest.slice(2));

  it('ls lists steps, the units of one, and all as JSON', async () => {
    expect((await project.tstar(['cache', 'ls'])).stdout).toMatch(/inject-noise\s+16\s/);
    const units = await project.tstar(['cache', 'ls', 'noisy']);
    expect(units.stdout).toContain('draw=0 prompt=1 scale=0.1');
    const listed = JSON.parse((await project.tstar(['cache', 'ls', '--json'])).stdout) as { key: string }[];
    const keys = new Set([...first.manifests, ...second.manifests].map(({ key }) => key));
    expect(new Set(listed.map(({ key }) => key))).toEqual(keys);
  });

  it('get gives a manifest by its key and an object by its digest, both by their first digits', async () => {
    const manifest = noisyOf(first);
    expect(JSON.parse((await project.tstar(['cache', 'get', manifest.key.slice(0, 16)])).stdout)).toEqual(manifest);
    const out = join(project.folder, 'states.safetensors');
    const { digest, sizeBytes } = manifest.outputs.states!;
    expect((await project.tstar(['cache', 'get', digest.slice(0, 16), '--out', out])).code).toBe(0);
    expect((await readFile(out)).length).toBe(sizeBytes);
  });

  it.each([
    ['12', /6 to 64 hex digits/],
    ['zzzzzz', /6 to 64 hex digits/],
    ['000000000000', /begins with 000000000000/],
  ])('refuses %s as a name', async (name, message) => {
    const { code, stderr } = await project.tstar(['cache', 'get', name]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  it('explain tells a unit, its inputs and the nearest other unit; diff the parts that differ', async () => {
    const [before, after] = [noisyOf(first), noisyOf(second)];
    const { stdout } = await project.tstar(['cache', 'explain', after.key.slice(0, 20)]);
    expect(stdout).toContain('inject-noise (version');
    expect(stdout).toMatch(/input +prompts = [0-9a-f]{12} \(prompts prompt=0 key/);
    expect(stdout).toContain(`${before.key.slice(0, 12)}: identity.seed: 42 -> 43`);
    const diff = await project.tstar(['cache', 'diff', before.key, after.key]);
    expect(diff.stdout).toMatch(/^identity\.seed: 42 -> 43\noutput states: [0-9a-f]{12} -> [0-9a-f]{12}\n$/);
  });

  it('repro computes a unit again and finds it identical, or says where it first differs', async () => {
    const cell = ['--cell', 'scale=0.1,prompt=1,draw=1'];
    const same = await project.tstar(['repro', 'first', 'noisy', ...cell]);
    expect([same.code, same.stdout], same.stderr).toEqual([0, 'identical\n']);
    for (const step of ['questions', 'prompts', 'hidden']) {
      const answer = await project.tstar(['repro', 'first', step, '--cell', 'prompt=1']);
      expect([step, answer.code, answer.stdout], answer.stderr).toEqual([step, 0, 'identical\n']);
    }
    expect((await project.tstar(['repro', 'first', 'effectiveNoise'])).stdout).toBe('identical\n');
  });

  it('repro says where a unit first differs from what is stored', async () => {
    const store = await openFolderStore(home, { warn: () => undefined });
    const record = (await getRunRecord(store, 'first', () => undefined))!;
    const node = record.nodes.find(({ id }) => id === 'noisy')!;
    const { axes, entries } = await getIndex(store, node.index!, node.id);
    // Each unit's place holds its neighbour's outputs.
    const index = makeIndex(
      axes,
      entries.map(({ coordinates }, i) => ({ coordinates, outputs: entries[(i + 1) % entries.length]!.outputs })),
    );
    const shifted = { ...node, index: await store.putObject(encodeIndex(index)) };
    await putRunRecord(store, { ...record, run: 'shifted', nodes: record.nodes.map((one) => (one === node ? shifted : one)) });
    const answer = await project.tstar(['repro', 'shifted', 'noisy', '--cell', 'scale=0.1,prompt=0,draw=0']);
    expect(answer.code).toBe(1);
    expect(answer.stdout).toMatch(/^states: hidden_last\[\d+\]: -?[\d.e-]+ -> -?[\d.e-]+\n$/);
    await rm(join(home, 'runs/shifted'), { recursive: true });
  });

  it.each([
    [['nosiy'], 'did you mean noisy?'],
    [['noisy', '--cell', 'scael=0.1'], 'did you mean scale?'],
    [['noisy', '--cell', 'scale=0.3,prompt=0,draw=0'], 'scale=0.3 is no value of noisy; give one of 0.1, 0.2'],
    [['noisy', '--cell', 'prompt=0,draw=0'], 'scale is missing'],
  ])('repro refuses %j', async (args, message) => {
    const { code, stderr } = await project.tstar(['repro', 'first', ...args]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it('verify names a corrupt object, a missing one and a damaged manifest, with exit 1, and finds a whole store whole', async () => {
    expect((await project.tstar(['cache', 'verify'])).code).toBe(0);
    const manifest = noisyOf(first);
    const { digest } = manifest.outputs.states!;
    const [path, kept] = [objectPath(digest), await readFile(objectPath(digest))];
    await writeFile(path, Buffer.concat([kept.subarray(1), Buffer.from([7])]));
    const corrupt = await project.tstar(['cache', 'verify']);
    expect([corrupt.code, corrupt.stdout]).toEqual([1, `object ${digest}: corrupt (needed by ${manifest.key.slice(0, 12)})\n`]);
    await rm(path);
    expect((await project.tstar(['cache', 'verify'])).stdout).toBe(`object ${digest}: missing (needed by ${manifest.key.slice(0, 12)})\n`);
    await writeFile(path, kept);
    const file = join(home, 'manifests', manifest.key.slice(0, 2), `${manifest.key}.json`);
    const text = await readFile(file);
    await writeFile(file, '{}');
    const damaged = await project.tstar(['cache', 'verify', '--json']);
    expect(JSON.parse(damaged.stdout).damages).toEqual([{ kind: 'damaged-manifest', key: manifest.key }]);
    await writeFile(file, text);
    expect((await project.tstar(['cache', 'verify'])).code).toBe(0);
  });

  describe('gc', () => {
    const gc = async (...args: string[]) => JSON.parse((await project.tstar(['cache', 'gc', '--json', ...args])).stdout);

    it('removes nothing that is young, and nothing at all in a dry run', async () => {
      expect((await gc('--keep-runs', '0')).removed).toEqual({ manifests: 0, objects: 0, bytes: 0 });
      await makeOld(home);
      const dry = await gc('--keep-runs', '0', '--dry-run');
      expect(dry.removed.manifests).toBeGreaterThan(0);
      expect(await gc('--keep-runs', '0', '--dry-run')).toEqual(dry);
    });

    it('keeps what the newest and unfinished runs need, and removes the rest', async () => {
      const unfinished = await makeStoredRun({ home, run: 'unfinished', sets: ['scales=0.3'], leaveAfter: 'noisy' });
      await makeOld(home);
      const { removed, runs } = await gc('--keep-runs', '1');
      expect(runs).toEqual({ finished: ['second'], unfinished: ['unfinished'] });
      // The first run's own: 8 noisy units and their summary.
      expect(removed.manifests).toBe(9);
      expect((await project.tstar(['cache', 'verify'])).code).toBe(0);
      const left = new Set(
        (JSON.parse((await project.tstar(['cache', 'ls', '--json'])).stdout) as { key: string }[]).map(({ key }) => key),
      );
      for (const { key } of [...second.manifests, ...unfinished.manifests]) expect(left).toContain(key);
      expect((await project.tstar(['repro', 'second', 'noisy', '--cell', 'scale=0.2,prompt=0,draw=1'])).stdout).toBe('identical\n');
      const again = await makeStoredRun({ home, run: 'again', sets: ['seed=43'] });
      expect(again.manifests.map(({ run }) => run)).not.toContain('again');
      expect((await project.tstar(['show', 'first', '--json'])).code).toBe(0);
    });

    it('keeps what a run made whose record and mark are damaged or of a later version, and says so', async () => {
      const { manifests } = await makeStoredRun({ home, run: 'of-later', sets: ['scales=0.7'] });
      for (const file of ['run.json', 'planned.json']) await writeFile(join(home, 'runs/of-later', file), '{ "format": 2 }');
      await makeOld(home);
      const { code, stderr } = await project.tstar(['cache', 'gc', '--keep-runs', '0']);
      expect(code).toBe(0);
      expect(stderr).toContain('run of-later: neither its record nor its mark can be read; the units that it made are kept');
      const left = (JSON.parse((await project.tstar(['cache', 'ls', '--json'])).stdout) as { key: string }[]).map(({ key }) => key);
      const made = manifests.filter(({ run }) => run === 'of-later').map(({ key }) => key);
      expect(made.length).toBeGreaterThan(0);
      expect(left).toEqual(expect.arrayContaining(made));
    });

    it('needs --keep-runs, a whole number', async () => {
      expect((await project.tstar(['cache', 'gc'])).code).toBe(2);
      expect((await project.tstar(['cache', 'gc', '--keep-runs', 'all'])).code).toBe(2);
    });
  });
});

/** As if all of it had been put two hours ago. */
async function makeOld(home: string): Promise<void> {
  const past = new Date(Date.now() - 7_200_000);
  for (const folder of ['objects', 'manifests'])
    for (const entry of await readdir(join(home, folder), { recursive: true, withFileTypes: true }))
      if (entry.isFile()) await utimes(join(entry.parentPath, entry.name), past, past);
}
