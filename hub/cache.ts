// The cache of downloads: cacheFolder/hub/(models|datasets)/OWNER--NAME/REVISION/PATH, and beside each file a small record
// of where it came from and its SHA-256. A file is hashed again only when its size or time of change is not the record's;
// one that does not fit is removed and reported, and counts as not there.
import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { checkBytes, checkDigest, checkSize } from './check-bytes.ts';
import { cachedRepository, describeFile, type RepositoryName } from './file-name.ts';
import type { FetchedFile, HubFile, ListedFile } from './hub.ts';
import { makeFolder } from './make-folder.ts';
import { Refusal } from './source.ts';

const recordSchema = z.object({
  origin: z.string(),
  etag: z.string().nullable(),
  sha256: z.string(),
  sizeBytes: z.number(),
  /** Where the file was held against one. */
  gitBlob: z.string().optional(),
  /** Tells that somebody wrote to the file since; never part of any key. */
  changedMs: z.number(),
});
type CacheRecord = z.infer<typeof recordSchema>;

const listingSchema = z.array(
  z.object({ path: z.string(), sizeBytes: z.number(), sha256: z.string().optional(), gitBlob: z.string().optional() }),
);

export interface Cache {
  /** The path that the file has, or will have, in the cache. */
  pathOf(file: HubFile): string;
  /** undefined where it is not there, or no longer what it was. */
  find(file: HubFile, signal: AbortSignal): Promise<FetchedFile | undefined>;
  /** Moves a checked file to its place. */
  put(file: HubFile, from: string, record: Pick<CacheRecord, 'origin' | 'etag' | 'sha256'>): Promise<FetchedFile>;
  findListing(repository: RepositoryName): Promise<readonly ListedFile[] | undefined>;
  putListing(repository: RepositoryName, files: readonly ListedFile[]): Promise<void>;
}

export function openCache(cacheFolder: string, log: (text: string) => void): Cache {
  const pathOf = (file: HubFile) => join(cachedRepository(cacheFolder, file), ...file.path.split('/'));
  const listingPath = (repository: RepositoryName) => `${cachedRepository(cacheFolder, repository)}.files.json`;
  return {
    pathOf,
    async find(file, signal) {
      const path = pathOf(file);
      const found = await stat(path).catch(() => undefined);
      if (found === undefined || !found.isFile()) return undefined;
      try {
        return { file: path, origin: 'cache', sha256: await knownDigest(path, file, signal) };
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        await rm(path, { force: true });
        log(`${describeFile(file)}: the copy in the cache has the ${error.message}; removed ${path}`);
        return undefined;
      }
    },
    async put(file, from, record) {
      const path = pathOf(file);
      await makeFolder(dirname(path));
      await sync(from);
      const { size, mtimeMs } = await stat(from);
      await rename(from, path);
      await writeRecord(path, { ...record, sizeBytes: size, changedMs: mtimeMs, ...gitBlobOf(file) });
      return { file: path, origin: record.origin, sha256: record.sha256 };
    },
    async findListing(repository) {
      return readJson(listingPath(repository), (value) => listingSchema.parse(value) as ListedFile[]);
    },
    async putListing(repository, files) {
      await makeFolder(dirname(listingPath(repository)));
      await replaceFile(listingPath(repository), JSON.stringify(files));
    },
  };
}

/** The digest of the file as it is now, checked against what the caller knows and what was true when it was put. */
async function knownDigest(path: string, file: HubFile, signal: AbortSignal): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  checkSize(size, file.sizeBytes);
  const record = await readJson(recordPath(path), (value) => recordSchema.parse(value));
  const isRecorded = record !== undefined && record.sizeBytes === size && record.changedMs === mtimeMs;
  // A branch's small files may have changed and kept their size.
  if (isRecorded && (file.gitBlob === undefined || record.gitBlob === file.gitBlob)) {
    checkDigest('SHA-256', record.sha256, file.sha256);
    return record.sha256;
  }
  const sha256 = await checkBytes(path, { sha256: file.sha256 ?? record?.sha256, gitBlob: file.gitBlob }, signal);
  // A copied cache has other times, and two downloads at once leave the record of one and the bytes of the other. Where it cannot
  // be written (somebody else's cache, a full disk), the file is good all the same, and is hashed again next time.
  const now = {
    origin: record?.origin ?? 'cache',
    etag: record?.etag ?? null,
    sha256,
    sizeBytes: size,
    changedMs: mtimeMs,
    ...gitBlobOf(file),
  };
  await writeRecord(path, now).catch(() => undefined);
  return sha256;
}

/** Whoever put the file, or checked it, has held it against the id that was listed. */
function gitBlobOf({ gitBlob }: HubFile): Pick<CacheRecord, 'gitBlob'> {
  return gitBlob === undefined ? {} : { gitBlob };
}

function writeRecord(path: string, record: CacheRecord): Promise<void> {
  return replaceFile(recordPath(path), JSON.stringify(record));
}

function recordPath(path: string): string {
  return `${path}.origin.json`;
}

/** undefined where the file is missing or not what it should be: then it is made again. */
async function readJson<T>(path: string, parse: (value: unknown) => T): Promise<T | undefined> {
  try {
    return parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, text);
    await sync(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
}
