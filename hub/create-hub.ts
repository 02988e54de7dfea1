// Makes the hub of a process: tries the sources in order, says which was left and why, and turns "nowhere" into one line
// that names each source. `fetch` is an argument: nothing here reaches a network by itself.
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TransientError, UserError } from '../formats/user-error.ts';
import { type Cache, openCache } from './cache.ts';
import { checkBytes } from './check-bytes.ts';
import { diskError } from './disk-error.ts';
import { checkFile, checkRepository, describeFile } from './file-name.ts';
import { folderMirror } from './folder-mirror.ts';
import { httpSource } from './http-source.ts';
import type { FetchedFile, Hub, HubFile, OtherSource } from './hub.ts';
import { claimPartial } from './partial-file.ts';
import { type HubSettings, isAddress } from './settings.ts';
import { Refusal, type Source } from './source.ts';

export interface CreateHubOptions extends HubSettings {
  readonly fetch: typeof globalThis.fetch;
  log(text: string): void;
  /** A server that sends nothing for so long is left for the next source. */
  readonly silenceMs?: number;
}

export const SILENCE_MS = 10_000;
/** For so long no other file waits for a server that did not answer; after that a retried activity may find it again. */
const UNREACHABLE_MS = 300_000;

interface Failure {
  readonly source: string;
  readonly refusal: Refusal;
}

/** Something that can be asked of a source, in the order of the sources. */
interface Attempt<T> {
  readonly source: string;
  run(): Promise<T>;
}

export function createHub(options: CreateHubOptions): Hub {
  const { cacheFolder, log } = options;
  const cache = openCache(cacheFolder, log);
  const sources = openSources(options, cache);
  const unreachable = new Map<string, { readonly untilMs: number; readonly refusal: Refusal }>();

  function knownSilence(source: string): Refusal | undefined {
    const known = unreachable.get(source);
    return known !== undefined && known.untilMs > Date.now() ? known.refusal : undefined;
  }

  /** The first source that answers; the others' reasons otherwise. */
  async function firstOf<T>(what: string, attempts: readonly Attempt<T>[], signal: AbortSignal): Promise<T> {
    const failures: Failure[] = [];
    for (const [index, { source, run }] of attempts.entries()) {
      const silence = knownSilence(source);
      if (silence !== undefined) {
        failures.push({ source, refusal: silence });
        continue;
      }
      try {
        return await run();
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof Refusal)) throw error;
        failures.push({ source, refusal: error });
        if (error.kind === 'unreachable') unreachable.set(source, { untilMs: Date.now() + UNREACHABLE_MS, refusal: error });
        const next = attempts.slice(index + 1).find((attempt) => knownSilence(attempt.source) === undefined);
        if (next !== undefined) log(`${what}: ${source}: ${error.message}; next: ${next.source}`);
      }
    }
    throw nowhere(what, failures);
  }

  return {
    cacheFolder,
    log,
    async locate(file, hubOptions) {
      checkFile(file);
      const { signal, otherSources = [] } = hubOptions;
      if ((await cache.find(file, signal)) !== undefined) return 'cache';
      const here = sources.map((source) => ({ source: source.name, run: () => source.locate(file, hubOptions) }));
      // Another source cannot be asked without a download: it is taken at its word.
      const others = otherSources.map(({ name }) => ({ source: name, run: async () => name }));
      return firstOf(describeFile(file), [...here, ...others], signal);
    },
    async fetchFile(file, hubOptions) {
      checkFile(file);
      const { signal, otherSources = [] } = hubOptions;
      signal.throwIfAborted();
      const cached = await cache.find(file, signal);
      if (cached !== undefined) return cached;
      const here = sources.map((source) => ({ source: source.name, run: () => source.fetchFile(file, hubOptions) }));
      const others = otherSources.map((other) => ({
        source: other.name,
        run: () => fetchFromOther(other, file, { cache, log, signal }),
      }));
      try {
        return await firstOf(describeFile(file), [...here, ...others], signal);
      } catch (error) {
        signal.throwIfAborted();
        throw diskError(error, dirname(cache.pathOf(file)), file.sizeBytes ?? null);
      }
    },
    async listFiles(repository, hubOptions) {
      checkRepository(repository);
      const known = await cache.findListing(repository);
      // A commit's files never change; a branch's are asked for again, and remembered for when nobody answers.
      if (known !== undefined && /^[0-9a-f]{40}$/.test(repository.revision)) return known;
      const here = sources.map((source) => ({
        source: source.name,
        async run() {
          const files = await source.listFiles(repository, hubOptions);
          if (!source.name.startsWith('mirror folder'))
            await cache.putListing(repository, files).catch((error: unknown) => {
              throw diskError(error, cacheFolder, null);
            });
          return files;
        },
      }));
      const remembered = known === undefined ? [] : [{ source: 'the list in the cache', run: async () => known }];
      const what = `${repository.kind} ${repository.repository}@${repository.revision}`;
      return firstOf(what, [...here, ...remembered], hubOptions.signal);
    },
  };
}

function openSources({ mirrors, endpoint, token, fetch, silenceMs = SILENCE_MS }: CreateHubOptions, cache: Cache): Source[] {
  const http = { fetch, silenceMs, cache, credential: token === undefined ? undefined : { origin: new URL(endpoint).origin, token } };
  return [
    ...mirrors.map((mirror) =>
      isAddress(mirror) ? httpSource({ ...http, name: `mirror ${mirror}`, base: mirror, hubEtags: false }) : folderMirror(mirror),
    ),
    httpSource({ ...http, name: `hub ${endpoint}`, base: endpoint, hubEtags: true }),
  ];
}

/** Lets the other source write into a folder beside the target, checks what it wrote and moves it into the cache. */
async function fetchFromOther(
  other: OtherSource,
  file: HubFile,
  { cache, log, signal }: { readonly cache: Cache; readonly log: (text: string) => void; readonly signal: AbortSignal },
): Promise<FetchedFile> {
  // In the folder of a partial file, so that what a killed process leaves there is cleared by the next one.
  const partial = await claimPartial(cache.pathOf(file));
  const folder = join(dirname(partial.bytes), 'other');
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    const path = await other.fetch(folder, { signal, log, sizeBytes: file.sizeBytes });
    const sha256 = await checkBytes(path, file, signal);
    const fetched = await cache.put(file, path, { origin: other.name, etag: null, sha256 });
    await partial.remove();
    return fetched;
  } catch (error) {
    if (error instanceof UserError) throw new Refusal('absent', error.message, { cause: error });
    if (error instanceof TransientError) throw new Refusal('network', error.message, { cause: error });
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
    await partial.release();
  }
}

/** Wrong bytes are worth a person's look whatever else failed; then the network, which may be back; then a wrong name. */
function nowhere(what: string, failures: readonly Failure[]): Error {
  const reasons = failures.map(({ source, refusal }) => `${source}: ${refusal.message}`).join('; ');
  const kinds = failures.map(({ refusal }) => refusal.kind);
  if (kinds.includes('wrong')) {
    return new UserError(`${what}: no source has the right file: ${reasons}; correct the mirror or the expected checksum`);
  }
  if (kinds.includes('network') || kinds.includes('unreachable')) {
    return new TransientError(`${what}: cannot be had now: ${reasons}; check the network, or set TSTAR_MIRRORS to a folder that has it`);
  }
  return new UserError(`${what}: is nowhere: ${reasons}; check the name, or set TSTAR_MIRRORS to a folder that has it`);
}
