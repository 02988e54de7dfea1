// What every store must do; run for each implementation with a way to damage it from outside.
import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { type CacheKey, type Digest, digestOf } from '../../artifacts/digest.ts';
import { unitKey } from '../../artifacts/key.ts';
import { encodeManifest, type Manifest } from '../../artifacts/manifest.ts';
import { getRunRecord, listRuns, runDocument } from '../../artifacts/run-index.ts';
import type { Store } from '../../artifacts/store.ts';
import { writerName } from '../../artifacts/stores/temporary-name.ts';
import { UserError } from '../../formats/user-error.ts';

/** One place that stores are opened at, with hands inside it. */
export interface StorePlace {
  /** Opens it, again for another client of the same place. */
  open(warn: (message: string) => void): Promise<Store>;
  /** Replaces (undefined: removes) an object's bytes behind the store's back. */
  damageObject(digest: Digest, bytes: Uint8Array | undefined): Promise<void>;
  damageManifest(key: CacheKey, bytes: Uint8Array): Promise<void>;
  remove(): Promise<void>;
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export function makeManifest(name: string, outputs: Manifest['outputs'] = {}): Manifest {
  const { key, components } = unitKey({
    step: name,
    version: 1,
    identity: { seed: 42 },
    coordinates: { prompt: 1 },
    inputs: {},
    environment: null,
  });
  const common = { params: {}, startedAt: '2026-01-01T00:00:00.000Z', durationMs: 5, device: 'light', machine: {}, versions: {} };
  return { key, components, outputs, ...common, run: 'r', node: 'n', warnings: [] };
}

export function storeContract(kind: string, makePlace: () => Promise<StorePlace>): void {
  describe(`a ${kind} store`, () => {
    const places: StorePlace[] = [];
    const warnings: string[] = [];
    const warn = (message: string) => void warnings.push(message);
    const openNew = async () => {
      const place = await makePlace();
      places.push(place);
      return { place, store: await place.open(warn) };
    };
    afterEach(async () => {
      warnings.length = 0;
      await Promise.all(places.splice(0).map((place) => place.remove()));
    });

    it('keeps its id, and gives all who open it at once the same one', async () => {
      const place = await makePlace();
      places.push(place);
      const stores = await Promise.all(Array.from({ length: 8 }, () => place.open(warn)));
      expect(new Set(stores.map((store) => store.id)).size).toBe(1);
      expect((await place.open(warn)).id).toBe(stores[0]!.id);
      expect((await openNew()).store.id).not.toBe(stores[0]!.id);
    });

    it('names objects by their SHA-256 and gives their bytes back, to other clients too', async () => {
      const { place, store } = await openNew();
      const digest = await store.putObject(bytesOf('logits'));
      expect(digest).toBe(digestOf('logits'));
      expect(await (await place.open(warn)).getObject(digest)).toEqual(Buffer.from('logits'));
      expect(await store.putObject(new Uint8Array())).toBe(digestOf(''));
      expect(await store.getObject(digestOf(''))).toHaveLength(0);
      expect(await store.getObject(digestOf('other'))).toBeUndefined();
    });

    it('says whether an object of a size is there', async () => {
      const { store } = await openNew();
      const digest = await store.putObject(bytesOf('12345'));
      expect(await Promise.all([store.hasObject(digest, 5), store.hasObject(digest, 6), store.hasObject(digestOf('x'), 1)])).toEqual([
        true,
        false,
        false,
      ]);
    });

    it.each([
      ['truncated', bytesOf('hid')],
      ['empty', new Uint8Array()],
      ['of other content', bytesOf('HIDDEN')],
    ])('takes an object that is %s as missing, says so, and is healed by putting it again', async (_, damaged) => {
      const { place, store } = await openNew();
      const digest = await store.putObject(bytesOf('hidden'));
      await place.damageObject(digest, damaged);
      expect(await store.getObject(digest)).toBeUndefined();
      expect(warnings.join()).toContain('corrupt');
      await store.putObject(bytesOf('hidden'));
      expect(await store.getObject(digest)).toEqual(Buffer.from('hidden'));
    });

    it('keeps manifests by key and lists them', async () => {
      const { store } = await openNew();
      const manifests = ['one', 'two', 'three'].map((name) => makeManifest(name));
      for (const manifest of manifests) await store.putManifest(manifest);
      expect(await store.getManifest(manifests[1]!.key)).toEqual(manifests[1]);
      const listed: Manifest[] = [];
      for await (const manifest of store.listManifests()) listed.push(manifest);
      expect(listed.map(({ key }) => key).sort()).toEqual(manifests.map(({ key }) => key).sort());
      expect(await store.getManifest(makeManifest('four').key)).toBeUndefined();
    });

    it.each<[string, (manifest: Manifest) => Uint8Array]>([
      ['garbage', () => bytesOf('\u0000{{{')],
      ['empty', () => new Uint8Array()],
      ['truncated', (manifest) => encodeManifest(manifest).slice(0, 60)],
      ['that of another key', () => encodeManifest(makeManifest('other'))],
      ['with a changed component', (manifest) => encodeManifest({ ...manifest, components: { ...manifest.components, version: 2 } })],
      ['without its outputs', (manifest) => bytesOf(JSON.stringify({ ...manifest, outputs: undefined }))],
    ])('takes a manifest that is %s as missing and says so', async (_, damaged) => {
      const { place, store } = await openNew();
      const manifest = makeManifest('step');
      await store.putManifest(manifest);
      await place.damageManifest(manifest.key, damaged(manifest));
      expect(await store.getManifest(manifest.key)).toBeUndefined();
      const listed: Manifest[] = [];
      for await (const other of store.listManifests()) listed.push(other);
      expect(listed).toEqual([]);
      expect(warnings[0]).toMatch(/manifest .* it counts as missing/);
    });

    it('lists what is stored, damaged things too, and removes what was not put since', async () => {
      const { place, store } = await openNew();
      const [kept, old] = [makeManifest('kept'), makeManifest('old')];
      for (const manifest of [kept, old]) await store.putManifest(manifest);
      const [young, corrupt] = [await store.putObject(bytesOf('young')), await store.putObject(bytesOf('corrupt'))];
      await place.damageObject(corrupt, bytesOf('CORRUPT'));
      await place.damageManifest(old.key, bytesOf('{}'));
      const names = async <Name>(list: AsyncIterable<{ readonly name: Name }>): Promise<Name[]> => {
        const found: Name[] = [];
        for await (const { name } of list) found.push(name);
        return found.sort();
      };
      expect(await names(store.listObjects())).toEqual([young, corrupt].sort());
      expect(await names(store.listKeys())).toEqual([kept.key, old.key].sort());
      for await (const { name, sizeBytes } of store.listObjects()) if (name === young) expect(sizeBytes).toBe(5);
      const [past, future] = [new Date(Date.now() - 60_000), new Date(Date.now() + 60_000)];
      expect([await store.removeObject(young, past), await store.removeManifest(kept.key, past)]).toEqual([false, false]);
      expect([await store.removeObject(corrupt, future), await store.removeManifest(old.key, future)]).toEqual([true, true]);
      expect([await store.removeObject(corrupt, future), await store.removeManifest(old.key, future)]).toEqual([false, false]);
      expect(await names(store.listObjects())).toEqual([young]);
      expect(await names(store.listKeys())).toEqual([kept.key]);
    });

    it('takes what is put again as young, so that a collection under way spares it', async () => {
      const { store } = await openNew();
      const digest = await store.putObject(bytesOf('states'));
      await new Promise((done) => setTimeout(done, 20));
      const before = new Date();
      await new Promise((done) => setTimeout(done, 20));
      await store.putObject(bytesOf('states'));
      expect(await store.removeObject(digest, before)).toBe(false);
      expect(await store.getObject(digest)).toBeDefined();
    });

    it('survives many writers of the same and of different things at once', async () => {
      const { place, store } = await openNew();
      const other = await place.open(warn);
      const manifest = makeManifest('same');
      const digests = await Promise.all(
        Array.from({ length: 60 }, async (_, i) => {
          await (i % 2 === 0 ? store : other).putManifest(manifest);
          await store.putDocument('runs/r/run.json', bytesOf(`${i}`));
          return (i % 3 === 0 ? other : store).putObject(bytesOf(`object ${i % 20}`));
        }),
      );
      expect(new Set(digests).size).toBe(20);
      for (const digest of digests) expect(await other.getObject(digest)).toBeDefined();
      expect(await other.getManifest(manifest.key)).toEqual(manifest);
      expect(warnings).toEqual([]);
    });

    it('keeps documents by name, overwrites them and lists them by folder', async () => {
      const { store } = await openNew();
      await store.putDocument('runs/b/run.json', bytesOf('1'));
      await store.putDocument('runs/b/run.json', bytesOf('22'));
      await store.putDocument('runs/a/dashboard.html', bytesOf('3'));
      await store.putDocument('plans/p', bytesOf('4'));
      expect(await store.getDocument('runs/b/run.json')).toEqual(Buffer.from('22'));
      expect(await store.getDocument('runs/c/run.json')).toBeUndefined();
      expect(await store.listDocuments('runs')).toEqual(['runs/a/dashboard.html', 'runs/b/run.json']);
      expect(await store.listDocuments('nothing')).toEqual([]);
    });

    it.each([
      '',
      '/',
      '../x',
      'a/../../x',
      'a/./b',
      '/etc/passwd',
      'a//b',
      'a\\..\\b',
      'C:/x',
      'a\0b',
      'objects/ab/c',
      'manifests/x',
      'store-id',
      '..',
      `a/${'x'.repeat(300)}`,
    ])('refuses %j as the name of a document', async (name) => {
      const { store } = await openNew();
      await expect(store.putDocument(name, bytesOf('x'))).rejects.toThrow(UserError);
      await expect(store.getDocument(name)).rejects.toThrow(UserError);
    });

    it('lends a unit to one holder at a time, until that one lets go', async () => {
      const { place, store } = await openNew();
      const other = await place.open(warn);
      const { key } = makeManifest('leased');
      const [one, two] = [writerName(), writerName()];
      expect(await store.takeLease(key, one)).toBe(true);
      expect([await other.takeLease(key, two), await store.takeLease(key, one)]).toEqual([false, true]);
      await other.releaseLease(key, two);
      expect(await other.takeLease(key, two)).toBe(false);
      await store.renewLease(key);
      await store.releaseLease(key, one);
      expect(await other.takeLease(key, two)).toBe(true);
      await store.releaseLease(key, one);
      expect(await store.takeLease(key, one)).toBe(false);
      await other.releaseLease(key, two);
      // A lease is neither a unit nor a document.
      expect(await store.takeLease(key, one)).toBe(true);
      expect(await store.getManifest(key)).toBeUndefined();
      for await (const listed of store.listKeys()) expect(listed).toBeUndefined();
      expect(warnings).toEqual([]);
    });

    it('lends a unit to exactly one of many who ask at once', async () => {
      const { store } = await openNew();
      const { key } = makeManifest('contested');
      const taken = await Promise.all(Array.from({ length: 20 }, () => store.takeLease(key, writerName())));
      expect(taken.filter(Boolean)).toHaveLength(1);
    });

    it('takes a unit from a holder whose process is gone', async () => {
      const { store } = await openNew();
      const { key } = makeManifest('orphaned');
      const { pid } = spawnSync(process.execPath, ['-e', '']);
      expect(await store.takeLease(key, writerName().replace(`.${process.pid}.`, `.${pid}.`))).toBe(true);
      expect(await store.takeLease(key, writerName())).toBe(true);
    });

    it('takes any name of a run as a document, also one that looks like a path', async () => {
      const { store } = await openNew();
      for (const run of ['../../etc', '..', '.', 'effective-noise/2026-01-01T10:00', 'a*b', 'x y%']) {
        await store.putDocument(runDocument(run, 'run.json'), bytesOf('{}'));
        expect(await getRunRecord(store, run, warn)).toBeUndefined();
      }
      expect(await listRuns(store, warn)).toEqual([]);
      expect(warnings.at(-1)).toContain('is no run record');
    });
  });
}
