// SHA-256 of a file, streamed; once for a process, until somebody writes to the file.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { fileStamp } from './file-stamp.ts';

const known = new Map<string, { readonly stamp: string; readonly digest: string }>();

export async function hashFile(file: string, signal: AbortSignal | undefined): Promise<string> {
  const stamp = await fileStamp(file);
  const before = known.get(file);
  if (before !== undefined && stamp !== '' && before.stamp === stamp) return before.digest;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20, ...(signal && { signal }) })) hash.update(chunk as Buffer);
  const digest = hash.digest('hex');
  if ((await fileStamp(file)) === stamp) known.set(file, { stamp, digest });
  return digest;
}
