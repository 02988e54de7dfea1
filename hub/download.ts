// One file over HTTP into a partial file: resumed where an earlier transfer broke off (Range with If-Range, so two versions
// never mix), checked against what the caller knows and against the hashes that the hub gives with the file.
import { open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkBytes, checkDigest, checkSize, type ExpectedBytes } from './check-bytes.ts';
import { diskError } from './disk-error.ts';
import type { HubFile } from './hub.ts';
import type { PartialFile } from './partial-file.ts';
import { type HttpAnswer, type HttpOptions, request } from './request.ts';
import { Refusal } from './source.ts';

export interface DownloadOptions extends HttpOptions {
  readonly signal: AbortSignal;
  /** Whether plain ETags are hashes of the content, as the hub's are; another server's may be anything. */
  readonly hubEtags: boolean;
  onBytes(doneBytes: number, totalBytes: number | null): void;
}

const MAX_BREAKS = 8;
const PAUSE_AFTER_BREAK_MS = 100;

/** The whole file's SHA-256 and the server's ETag. Throws refusals; the bytes of a wrong file are removed. */
export async function download(
  address: string,
  file: HubFile,
  partial: PartialFile,
  options: DownloadOptions,
): Promise<{ readonly sha256: string; readonly etag: string | null }> {
  for (let breaks = 0; ; breaks++) {
    try {
      const { expected, etag } = await transfer(address, file, partial, options);
      return { sha256: await checkBytes(partial.bytes, expected, options.signal), etag };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // What an earlier process left may have been damaged since (a power cut): no fault of the server's.
      if (error.kind === 'wrong' && partial.isInherited) {
        await partial.startOver(null);
        continue;
      }
      if (error.kind === 'wrong') await partial.remove();
      if (error.kind !== 'network') throw error;
      if (breaks === MAX_BREAKS) throw new Refusal('network', `${error.message}, ${breaks + 1} times`, { cause: error });
      await sleep(PAUSE_AFTER_BREAK_MS, undefined, { signal: options.signal });
    }
  }
}

/** Refuses an answer that is no file, and says what is missing and what to do. */
export function checkAnswer({ status, firstHeader }: HttpAnswer, { kind, repository, revision }: HubFile, options: HttpOptions): void {
  if (status === 401 || status === 403) {
    const what =
      options.credential === undefined
        ? 'set HF_TOKEN to a token that may read it'
        : `HF_TOKEN ${status === 401 ? 'is no longer valid, or ' : ''}may not read it (gated files: accept their conditions on the hub first)`;
    throw new Refusal('absent', `answers ${status}: ${kind} ${repository} does not exist, is private or gated; ${what}`);
  }
  if (status === 404) {
    const code = firstHeader('x-error-code');
    if (code === 'RepoNotFound') throw new Refusal('absent', `has no ${kind} ${repository} (404)`);
    if (code === 'RevisionNotFound') throw new Refusal('absent', `has no revision ${revision} of ${repository} (404)`);
    throw new Refusal('absent', 'has no such file (404)');
  }
  if (status >= 500) throw new Refusal('network', `answers ${status}`);
  if (status !== 200 && status !== 206) throw new Refusal('absent', `answers ${status}`);
}

/** One request; appends what comes to the partial file. */
async function transfer(address: string, file: HubFile, partial: PartialFile, options: DownloadOptions) {
  const known = await partial.readEtag();
  const have = known === null ? 0 : await partial.sizeBytes();
  const headers = have === 0 || known === null ? {} : { range: `bytes=${have}-`, 'if-range': known };
  const answer = await request({ address, method: 'GET', headers, signal: options.signal }, options);
  try {
    const start = await startOf(answer, have, partial);
    if (start === 'complete') return { expected: expectedOf(answer, file, options, have), etag: known };
    checkAnswer(answer, file, options);
    const total = totalOf(answer, start);
    const expected = expectedOf(answer, file, options, total);
    const etag = answer.headers.get('etag');
    // A weak ETag does not promise the same bytes.
    if (start === 0) await partial.startOver(etag?.startsWith('"') ? etag : null);
    await append(answer, partial, { start, total: total ?? file.sizeBytes ?? null, options });
    return { expected, etag };
  } finally {
    answer.close();
  }
}

/** Where in the file the answer's bytes begin. An answer that cannot be appended makes the next transfer start over. */
async function startOf(answer: HttpAnswer, have: number, partial: PartialFile): Promise<number | 'complete'> {
  const range = answer.headers.get('content-range') ?? '';
  // All bytes had come before the process died: there is nothing after them.
  if (answer.status === 416 && Number(/^bytes \*\/(\d+)$/.exec(range)?.[1]) === have) return 'complete';
  if (answer.status !== 206 && answer.status !== 416) return 0;
  if (answer.status === 206 && Number(/^bytes (\d+)-/.exec(range)?.[1]) === have) return have;
  await rm(partial.bytes, { force: true });
  throw new Refusal('network', `sends the range ${JSON.stringify(range)} when asked for the bytes from ${have}`);
}

function totalOf({ status, headers }: HttpAnswer, start: number): number | undefined {
  const text = status === 206 ? /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1] : headers.get('content-length');
  return text === null || text === undefined ? undefined : Number(text) + (status === 206 ? 0 : start);
}

/** What is known of the bytes before they come; knowledge that contradicts itself is a refusal before the download. */
function expectedOf(answer: HttpAnswer, file: HubFile, { hubEtags }: DownloadOptions, total: number | undefined): ExpectedBytes {
  const linked = answer.firstHeader('x-linked-etag');
  const fromHub = hubEtags || answer.firstHeader('x-repo-commit') !== null;
  const tag = (linked ?? (fromHub ? answer.headers.get('etag') : null) ?? '').replace(/^W\//, '').replaceAll('"', '').toLowerCase();
  const sha256 = /^[0-9a-f]{64}$/.test(tag) ? tag : undefined;
  if (total !== undefined) checkSize(total, file.sizeBytes);
  if (sha256 !== undefined) checkDigest('SHA-256', sha256, file.sha256);
  return {
    sizeBytes: file.sizeBytes ?? total,
    sha256: file.sha256 ?? sha256,
    gitBlob: file.gitBlob ?? (/^[0-9a-f]{40}$/.test(tag) ? tag : undefined),
  };
}

async function append(
  answer: HttpAnswer,
  partial: PartialFile,
  { start, total, options }: { readonly start: number; readonly total: number | null; readonly options: DownloadOptions },
): Promise<void> {
  let done = start;
  try {
    const handle = await open(partial.bytes, start === 0 ? 'w' : 'r+');
    try {
      for await (const chunk of answer.chunks()) {
        for (let at = 0; at < chunk.byteLength; ) at += (await handle.write(chunk, at, chunk.byteLength - at, done + at)).bytesWritten;
        done += chunk.byteLength;
        if (total !== null && done > total) throw new Refusal('wrong', `wrong size: expected ${total} bytes, more than that arrive`);
        options.onBytes(done, total);
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw diskError(error, dirname(dirname(partial.bytes)), total === null ? null : total - done);
  }
  if (total !== null && done < total) throw new Refusal('network', `breaks off at byte ${done} of ${total}`);
}
