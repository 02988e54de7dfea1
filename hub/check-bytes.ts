// Holds a file on this disk against what is known of it: its size, its SHA-256 (a catalogue's, or the hub's for LFS files)
// and, for small files, the id that git gives its content. Returns the SHA-256; a mismatch is a refusal with both values.
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Refusal } from './source.ts';

export interface ExpectedBytes {
  readonly sha256?: string | undefined;
  readonly sizeBytes?: number | undefined;
  /** SHA-1 of `blob SIZE\0` and the bytes: the hub's ETag of files that are not in LFS. */
  readonly gitBlob?: string | undefined;
}

export async function checkBytes(file: string, expected: ExpectedBytes, signal: AbortSignal): Promise<string> {
  const { size } = await stat(file);
  checkSize(size, expected.sizeBytes);
  const sha256 = createHash('sha256');
  const gitBlob = createHash('sha1').update(`blob ${size}\0`);
  await hashInto(file, expected.gitBlob === undefined ? [sha256] : [sha256, gitBlob], signal);
  const found = sha256.digest('hex');
  checkDigest('SHA-256', found, expected.sha256);
  if (expected.gitBlob !== undefined) checkDigest('git blob id', gitBlob.digest('hex'), expected.gitBlob);
  return found;
}

export function checkSize(found: number, expected: number | undefined): void {
  if (expected === undefined || found === expected) return;
  throw new Refusal('wrong', `wrong size: expected ${expected} bytes, found ${found}`);
}

export function checkDigest(name: string, found: string, expected: string | undefined): void {
  if (expected === undefined || found === expected.toLowerCase()) return;
  throw new Refusal('wrong', `wrong bytes: expected ${name} ${expected.toLowerCase()}, found ${found}`);
}

async function hashInto(file: string, hashes: readonly Hash[], signal: AbortSignal): Promise<void> {
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20, signal })) {
    for (const hash of hashes) hash.update(chunk as Buffer);
  }
}
