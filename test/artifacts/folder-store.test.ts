import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../artifacts/digest.ts';
import type { FileOperations } from '../../artifacts/stores/atomic-write.ts';
import { openFolderStore } from '../../artifacts/stores/folder.ts';
import { LEASE_MS } from '../../artifacts/stores/leases.ts';
import { temporaryName } from '../../artifacts/stores/temporary-name.ts';
import { TransientError, UserError } from '../../formats/user-error.ts';
import { bytesOf, makeManifest, storeContract } from './store.contract.ts';

storeContract('folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tstar-store-'));
  const replace = async (path: string, bytes: Uint8Array | undefined) => (bytes === undefined ? rm(path) : writeFile(path, bytes));
  return {
    open: (warn) => openFolderStore(join(folder, 'store'), { warn }),
    damageObject: (digest, bytes) => replace(join(folder, 'store/objects', digest.slice(0, 2), digest.slice(2)), bytes),
    damageManifest: (key, bytes) => replace(join(folder, 'store/manifests', key.slice(0, 2), `${key}.json`), bytes),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
});

describe('a folder store', () => {
  const folders: string[] = [];
  const newFolder = async () => {
    folders.push(await mkdtemp(join(tmpdir(), 'tstar-store-')));
    return folders.at(-1)!;
  };
  const warn = () => undefined;

  it.skipIf(process.platform !== 'linux')(
    'refuses a place that takes no folders, where Node would try for ever (skipped: no /proc)',
    async () => {
      await expect(openFolderStore('/proc/no-store/below', { warn })).rejects.toThrow(
        new UserError('cannot make /proc/no-store: /proc takes no folders (ENOENT); name another folder for the store (TSTAR_HOME)'),
      );
    },
  );

  it.each([
    ['a link that leads nowhere', 'ENOENT', async (place: string) => symlink('nowhere', place)],
    ['a link to itself', 'ELOOP', async (place: string) => symlink(place, place)],
    ['a file', 'ENOTDIR', async (place: string) => writeFile(place, '')],
    ['a folder whose store-id is a folder', 'EISDIR', async (place: string) => mkdir(join(place, 'store-id'), { recursive: true })],
  ])('refuses %s in a line that names it', async (_, code, make) => {
    const place = join(await newFolder(), 'store');
    await make(place);
    const opened = openFolderStore(place, { warn });
    await expect(opened).rejects.toThrow(UserError);
    await expect(opened).rejects.toThrow(new RegExp(`^cannot (read|write) ${place}/store-id: .*\\(${code}\\); .+$`));
  });

  it('reads and collects beside a document whose place a folder has taken, which it names', async () => {
    const folder = await newFolder();
    const store = await openFolderStore(folder, { warn });
    await mkdir(join(folder, 'runs/a/run.json'), { recursive: true });
    await expect(store.getDocument('runs/a/run.json')).rejects.toThrow('runs/a/run.json: a folder is in its place (EISDIR)');
    await expect(store.putDocument('runs/a/run.json', bytesOf('x'))).rejects.toThrow(UserError);
    expect(await store.listDocuments('runs')).toEqual([]);
  });

  afterEach(() => Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true }))));

  const failure = (code: string) => Object.assign(new Error(`${code}: simulated`), { code });
  const filesBelow = async (folder: string) =>
    (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => entry.name);

  /** Fails the chosen operation once it is switched on. */
  const failing = (operation: 'write' | 'sync' | 'rename' | 'mkdir' | 'read', code: string) => {
    const state = { on: false };
    const fail = () => (state.on ? Promise.reject(failure(code)) : undefined);
    const openHandle = (async (...args: Parameters<typeof open>) => {
      const handle = await open(...args);
      const { writeFile: write, sync } = handle;
      handle.writeFile = (async (...given: Parameters<typeof write>) =>
        (operation === 'write' ? fail() : undefined) ?? write.apply(handle, given)) as typeof write;
      handle.sync = async () => (operation === 'sync' ? fail() : undefined) ?? sync.apply(handle);
      return handle;
    }) as typeof open;
    const files: Partial<FileOperations> = {
      open: openHandle,
      rename: (async (...args: Parameters<typeof rename>) =>
        (operation === 'rename' ? fail() : undefined) ?? rename(...args)) as typeof rename,
      mkdir: (async (...args: Parameters<typeof mkdir>) => (operation === 'mkdir' ? fail() : undefined) ?? mkdir(...args)) as typeof mkdir,
      readFile: (async (...args: Parameters<typeof readFile>) =>
        (operation === 'read' ? fail() : undefined) ?? readFile(...args)) as typeof readFile,
    };
    return { files, state };
  };

  it.each([
    ['write', 'ENOSPC', TransientError, 'the disk is full (ENOSPC); free some space'],
    ['sync', 'ENOSPC', TransientError, 'the disk is full'],
    ['rename', 'EDQUOT', TransientError, 'the disk quota is used up'],
    ['sync', 'EIO', TransientError, 'input/output error'],
    ['mkdir', 'EROFS', UserError, 'the disk is read-only (EROFS); name another folder'],
    ['write', 'EACCES', UserError, 'permission denied'],
  ] as const)(
    'a %s that fails with %s says path and remedy, leaves no part behind, and works again after',
    async (operation, code, kind, text) => {
      const folder = await newFolder();
      const { files, state } = failing(operation, code);
      const store = await openFolderStore(folder, { warn, files });
      state.on = true;
      const put = store.putObject(bytesOf('states'));
      await expect(put).rejects.toThrow(kind);
      await expect(put).rejects.toThrow(text);
      await expect(put).rejects.toThrow(folder);
      await expect(store.putManifest(makeManifest('step'))).rejects.toThrow(kind);
      expect(await filesBelow(folder)).toEqual(['store-id']);
      state.on = false;
      const digest = await store.putObject(bytesOf('states'));
      expect(await store.getObject(digest)).toEqual(Buffer.from('states'));
    },
  );

  it('a read that fails is an error, not a miss: a miss would compute everything again', async () => {
    const { files, state } = failing('read', 'EIO');
    const store = await openFolderStore(await newFolder(), { warn, files });
    const digest = await store.putObject(bytesOf('x'));
    state.on = true;
    await expect(store.getObject(digest)).rejects.toThrow(TransientError);
  });

  it.each(['before the object', 'between object and manifest'])('a kill %s leaves a miss that the next attempt fills', async (moment) => {
    const folder = await newFolder();
    const killed = await openFolderStore(folder, { warn });
    if (moment === 'between object and manifest') await killed.putObject(bytesOf('states'));
    // What a killed writer leaves: a part of a file under its temporary name.
    await mkdir(join(folder, 'manifests/ab'), { recursive: true });
    await writeFile(join(folder, 'manifests/ab/.tmp-killed'), '{"key":');
    const store = await openFolderStore(folder, { warn });
    const manifest = makeManifest('step');
    expect(await store.getManifest(manifest.key)).toBeUndefined();
    await store.putManifest(manifest);
    const listed = [];
    for await (const { key } of store.listManifests()) listed.push(key);
    expect(listed).toEqual([manifest.key]);
  });

  it('removes temporary files older than an hour where it is opened to sweep, and no younger ones', async () => {
    const folder = await newFolder();
    await openFolderStore(folder, { warn });
    await mkdir(join(folder, 'objects/ab'), { recursive: true });
    const [old, young] = [join(folder, 'objects/ab/.tmp-old'), join(folder, 'objects/ab/.tmp-young')];
    await Promise.all([writeFile(old, 'x'), writeFile(young, 'x')]);
    const past = new Date(Date.now() - 3_700_000);
    await utimes(old, past, past);
    await openFolderStore(folder, { warn, sweep: true });
    await expect(stat(old)).rejects.toThrow('ENOENT');
    expect((await stat(young)).isFile()).toBe(true);
  });

  it('removes nothing where it is opened to look only', async () => {
    const folder = await newFolder();
    await openFolderStore(folder, { warn });
    await mkdir(join(folder, 'objects/ab'), { recursive: true });
    const old = join(folder, 'objects/ab/.tmp-old');
    await writeFile(old, 'x');
    const past = new Date(Date.now() - 3_700_000);
    await utimes(old, past, past);
    await openFolderStore(folder, { warn });
    expect((await stat(old)).isFile()).toBe(true);
  });

  it('removes at once what a killed process of this machine left, and nothing of a living one', async () => {
    const folder = await newFolder();
    await openFolderStore(folder, { warn });
    await mkdir(join(folder, 'objects/ab'), { recursive: true });
    const ended = spawnSync(process.execPath, ['-e', '']).pid;
    const own = temporaryName();
    const [left, living] = [join(folder, 'objects/ab', own.replace(`.${process.pid}.`, `.${ended}.`)), join(folder, 'objects/ab', own)];
    await Promise.all([writeFile(left, 'x'), writeFile(living, 'x')]);
    await openFolderStore(folder, { warn, sweep: true });
    await expect(stat(left)).rejects.toThrow('ENOENT');
    expect((await stat(living)).isFile()).toBe(true);
  });

  it('lends a unit again whose lease was not renewed for some seconds, and removes such leases where it is opened to sweep', async () => {
    const folder = await newFolder();
    const store = await openFolderStore(folder, { warn });
    const { key } = makeManifest('step');
    // Of another machine: only its age tells.
    expect(await store.takeLease(key, 'elsewhere.1.x')).toBe(true);
    expect(await store.takeLease(key, 'here')).toBe(false);
    const lease = join(folder, 'manifests', key.slice(0, 2), `${key}.lease`);
    const past = new Date(Date.now() - LEASE_MS - 1000);
    await utimes(lease, past, past);
    expect(await store.takeLease(key, 'here')).toBe(true);
    // Left by a machine whose clock was ahead.
    const future = new Date(Date.now() + 365 * 86_400_000);
    await utimes(lease, future, future);
    expect(await store.takeLease(key, 'elsewhere.1.x')).toBe(true);
    await utimes(lease, past, past);
    await openFolderStore(folder, { warn, sweep: true });
    await expect(stat(lease)).rejects.toThrow('ENOENT');
  });

  it('says what to do about a store id that is none', async () => {
    const folder = await newFolder();
    await writeFile(join(folder, 'store-id'), '');
    await expect(openFolderStore(folder, { warn })).rejects.toThrow(/store-id holds no store id .* remove that file/);
  });

  it('works where the disk has no hard links', async () => {
    const folder = await newFolder();
    const store = await openFolderStore(folder, { warn, files: { link: () => Promise.reject(failure('ENOTSUP')) } });
    expect((await openFolderStore(folder, { warn })).id).toBe(store.id);
  });

  it('leaves no part of its id where such a disk is full, and waits for the rest of one that another process writes', async () => {
    const folder = await newFolder();
    const path = join(folder, 'store-id');
    const openFull: typeof open = async (file, ...more) => {
      const handle = await open(file, ...more);
      if (file === path) handle.writeFile = () => Promise.reject(failure('ENOSPC'));
      return handle;
    };
    const files = { link: () => Promise.reject(failure('ENOTSUP')), open: openFull };
    await expect(openFolderStore(folder, { warn, files })).rejects.toThrow(/the disk is full \(ENOSPC\)/);
    expect(await readdir(folder)).toEqual([]);
    const id = '0123456789abcdef0123456789abcdef';
    await writeFile(path, '');
    const opened = openFolderStore(folder, { warn });
    await writeFile(path, `${id}\n`);
    expect((await opened).id).toBe(id);
  });

  it('takes an object that is there for its own, though its times are another user’s to set', async () => {
    const folder = await newFolder();
    await (await openFolderStore(folder, { warn })).putObject(bytesOf('x'));
    const store = await openFolderStore(folder, { warn, files: { utimes: () => Promise.reject(failure('EPERM')) } });
    const digest = await store.putObject(bytesOf('x'));
    expect(Buffer.from((await store.getObject(digest))!).toString()).toBe('x');
  });

  it('lays objects out by digest, so that other tools find them', async () => {
    const folder = await newFolder();
    const store = await openFolderStore(folder, { warn });
    await store.putObject(bytesOf('x'));
    const digest = digestOf('x');
    expect(await readFile(join(folder, 'objects', digest.slice(0, 2), digest.slice(2)), 'utf8')).toBe('x');
  });
});
