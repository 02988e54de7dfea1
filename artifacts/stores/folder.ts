// A store in a folder: objects/ab/cdef..., manifests/ab/KEY.json, documents by their own names beside them, and `store-id`.
// Many processes may write it at once; every write is atomic, every read of an object is verified.
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../formats/user-error.ts';
import { type CacheKey, cacheKeySchema, type Digest, digestOf, digestSchema } from '../digest.ts';
import { decodeManifest, encodeManifest, type Manifest } from '../manifest.ts';
import type { Store, Stored } from '../store.ts';
import { createExclusively, type FileOperations, writeAtomically } from './atomic-write.ts';
import { diskError, errorCode } from './disk-error.ts';
import { isLeftLease, leasesOf } from './leases.ts';
import { isAbandoned, TEMPORARY } from './temporary-name.ts';

/** A temporary file this old has no writer any more: a write takes seconds. */
const STALE_MS = 3_600_000;
/** Manifests under way where all are listed. */
const READS_AHEAD = 32;
const ID_FILE = 'store-id';
const ID_TRIES = 10;
const ID_PAUSE_MS = 50;
const OWN_NAMES = new Set(['objects', 'manifests', ID_FILE]);

export interface FolderStoreOptions {
  /** Told of corrupt objects and manifests; they count as missing. */
  readonly warn: (message: string) => void;
  /** Other ways to do a file operation; tests give some that fail. */
  readonly files?: Partial<FileOperations>;
  readonly staleMs?: number;
  /** Removes what dead writers left, which reads every folder: for workers and for whoever cleans up, not for a look. */
  readonly sweep?: boolean;
}

/** Opens the store in `folder`, making it where there is none. */
export async function openFolderStore(folder: string, options: FolderStoreOptions): Promise<Store> {
  const root = resolve(folder);
  const files: FileOperations = { open, mkdir, rename, link, readFile, readdir, stat, rm, utimes, ...options.files };
  const id = await readOrMakeId(files, join(root, ID_FILE));
  if (options.sweep === true) await sweepTemporaries(files, root, options.staleMs ?? STALE_MS);
  return {
    id,
    location: root,
    ...objectsOf(files, root, options.warn),
    ...manifestsOf(files, root, options.warn),
    ...documentsOf(files, root),
    ...leasesOf(files, root),
  };
}

function objectsOf(files: FileOperations, root: string, warn: (message: string) => void) {
  const folder = join(root, 'objects');
  const pathOf = (digest: Digest) => join(folder, digest.slice(0, 2), digest.slice(2));
  const isWhole = (bytes: Uint8Array | undefined, digest: Digest) => bytes !== undefined && digestOf(bytes) === digest;
  return {
    async putObject(bytes: Uint8Array): Promise<Digest> {
      const digest = digestOf(bytes);
      // What is there is read, not trusted: putting the same bytes again heals a corrupt object.
      const isThere = isWhole(await readIfThere(files, pathOf(digest)), digest);
      if (!isThere || !(await freshen(files, pathOf(digest)))) await writeAtomically(files, pathOf(digest), bytes);
      return digest;
    },
    async getObject(digest: Digest): Promise<Uint8Array | undefined> {
      const bytes = await readIfThere(files, pathOf(digest));
      if (bytes === undefined || isWhole(bytes, digest)) return bytes;
      warn(`object ${pathOf(digest)} is corrupt (${bytes.length} bytes that hash to ${digestOf(bytes)}); it counts as missing`);
      return undefined;
    },
    async hasObject(digest: Digest, sizeBytes: number): Promise<boolean> {
      const found = await statIfThere(files, pathOf(digest));
      return found?.isFile() === true && found.size === sizeBytes;
    },
    listObjects: () => listStored(files, folder, (path) => digestSchema.safeParse(path.replace('/', '')).data),
    removeObject: (digest: Digest, before: Date): Promise<boolean> => removeUnlessSince(files, pathOf(digest), before),
  };
}

function manifestsOf(files: FileOperations, root: string, warn: (message: string) => void) {
  const folder = join(root, 'manifests');
  const pathOf = (key: CacheKey) => join(folder, key.slice(0, 2), `${key}.json`);
  const getManifest = async (key: CacheKey): Promise<Manifest | undefined> => {
    const bytes = await readIfThere(files, pathOf(key));
    if (bytes === undefined) return undefined;
    const manifest = decodeManifest(bytes, key);
    if (!('problem' in manifest)) return manifest;
    warn(`manifest ${pathOf(key)} ${manifest.problem}; it counts as missing`);
    return undefined;
  };
  return {
    getManifest,
    putManifest: (manifest: Manifest): Promise<void> => writeAtomically(files, pathOf(manifest.key), encodeManifest(manifest)),
    async *listManifests(): AsyncIterable<Manifest> {
      const manifestAt = async (path: string) => {
        const key = cacheKeySchema.safeParse(path.slice(3).replace(/\.json$/, ''));
        return key.success ? getManifest(key.data) : undefined;
      };
      for await (const manifest of readAhead(filesBelow(files, folder), manifestAt)) if (manifest !== undefined) yield manifest;
    },
    listKeys: () => listStored(files, folder, (path) => cacheKeySchema.safeParse(path.slice(3).replace(/\.json$/, '')).data),
    removeManifest: (key: CacheKey, before: Date): Promise<boolean> => removeUnlessSince(files, pathOf(key), before),
  };
}

async function* listStored<Name>(
  files: FileOperations,
  folder: string,
  nameOf: (path: string) => Name | undefined,
): AsyncGenerator<Stored<Name>> {
  for await (const path of filesBelow(files, folder)) {
    const name = nameOf(path);
    const found = name === undefined ? undefined : await statIfThere(files, join(folder, path));
    if (name !== undefined && found !== undefined) yield { name, sizeBytes: found.size, putAt: found.mtime };
  }
}

/**
 * What is put again counts as young, so that a garbage collection under way spares it; false where it has gone meanwhile, or is
 * another user's, whose file's times are not ours to set.
 */
async function freshen(files: FileOperations, path: string): Promise<boolean> {
  const now = new Date();
  try {
    await files.utimes(path, now, now);
    return true;
  } catch (error) {
    if (['ENOENT', 'EPERM', 'EACCES'].includes(errorCode(error) ?? '')) return false;
    throw diskError('write', path, error);
  }
}

async function removeUnlessSince(files: FileOperations, path: string, before: Date): Promise<boolean> {
  const found = await statIfThere(files, path);
  if (found === undefined || found.mtimeMs >= before.getTime()) return false;
  try {
    await files.rm(path, { force: true });
    return true;
  } catch (error) {
    throw diskError('write', path, error);
  }
}

function documentsOf(files: FileOperations, root: string) {
  return {
    // async, so that a refused name rejects like every other failure.
    async putDocument(name: string, bytes: Uint8Array): Promise<void> {
      await writeAtomically(files, join(root, ...documentPath(name)), bytes);
    },
    async getDocument(name: string): Promise<Uint8Array | undefined> {
      return readIfThere(files, join(root, ...documentPath(name)));
    },
    async listDocuments(folder: string): Promise<readonly string[]> {
      const names: string[] = [];
      for await (const path of filesBelow(files, join(root, ...documentPath(folder)))) names.push(`${folder}/${path}`);
      return names.filter((name) => !name.includes(`/${TEMPORARY}`)).sort();
    },
  };
}

/** Segments of a document's name; a name that could leave the folder or hit the store's own files is refused. */
function documentPath(name: string): readonly string[] {
  const segments = name.split('/');
  const isBad = (segment: string) =>
    segment === '' ||
    segment.startsWith('..') ||
    segment === '.' ||
    segment.startsWith(TEMPORARY) ||
    /[\\\0:]/.test(segment) ||
    Buffer.byteLength(segment) > 200;
  if (segments.some(isBad) || OWN_NAMES.has(segments[0] ?? ''))
    throw new UserError(`${JSON.stringify(name)} is no name of a document: use names like runs/RUN/run.json, without "..", ":" or "\\"`);
  return segments;
}

async function readOrMakeId(files: FileOperations, path: string): Promise<string> {
  const fresh = randomBytes(16).toString('hex');
  const there = await readIfThere(files, path);
  if (there === undefined && (await createExclusively(files, path, Buffer.from(`${fresh}\n`)))) return fresh;
  const id = await readWholeId(files, path);
  if (!/^[0-9a-f]{32}$/.test(id)) throw new UserError(`${path} holds no store id (32 hex digits); remove that file and start again`);
  return id;
}

/** On a disk without hard links another process may be in the middle of writing it. */
async function readWholeId(files: FileOperations, path: string): Promise<string> {
  for (let tries = 1; ; tries++) {
    const id = Buffer.from((await readIfThere(files, path)) ?? [])
      .toString()
      .trim();
    if (id.length >= 32 || tries === ID_TRIES) return id;
    await sleep(ID_PAUSE_MS);
  }
}

async function sweepTemporaries(files: FileOperations, root: string, staleMs: number): Promise<void> {
  const before = Date.now() - staleMs;
  for await (const path of filesBelow(files, root)) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (await isLeftLease(files, join(root, path))) await files.rm(join(root, path), { force: true }).catch(() => undefined);
    if (!name.startsWith(TEMPORARY)) continue;
    const found = await statIfThere(files, join(root, path));
    if (found !== undefined && (found.mtimeMs <= before || isAbandoned(name)))
      await files.rm(join(root, path), { force: true }).catch(() => undefined);
  }
}

/** Paths of files below a folder, relative to it, with `/`, each folder's names sorted; none where there is no folder. */
async function* filesBelow(files: FileOperations, folder: string): AsyncGenerator<string> {
  const entries = await files.readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw diskError('read', folder, error);
  });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.isFile()) yield entry.name;
    if (entry.isDirectory()) for await (const below of filesBelow(files, join(folder, entry.name))) yield `${entry.name}/${below}`;
  }
}

/** What `read` gives for each item, in their order, with several under way: one after the other would wait for the disk each time. */
async function* readAhead<Item, Result>(items: AsyncIterable<Item>, read: (item: Item) => Promise<Result>): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = [];
  for await (const item of items) {
    const reading = read(item);
    // Whoever stops asking leaves some that nobody waits for.
    reading.catch(() => undefined);
    underWay.push(reading);
    if (underWay.length === READS_AHEAD) yield await underWay.shift()!;
  }
  for (const reading of underWay) yield await reading;
}

function readIfThere(files: FileOperations, path: string): Promise<Uint8Array | undefined> {
  return absentAsUndefined(path, () => files.readFile(path));
}

function statIfThere(files: FileOperations, path: string) {
  return absentAsUndefined(path, () => files.stat(path));
}

async function absentAsUndefined<T>(path: string, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw diskError('read', path, error);
  }
}
