// The only I/O of the formats: bytes of a named thing by offset and length. A reader is a file or a buffer; every read is
// checked against its size, so that no length found inside a file leads outside of it.
import { open, stat } from 'node:fs/promises';
import { UserError } from './user-error.ts';

export interface RangeReader {
  /** How errors name it: a path, or what the bytes are. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Exactly `length` bytes from `offset`; a UserError where the file has fewer. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export async function openRangeReader(path: string): Promise<RangeReader> {
  const refuse = (cause: NodeJS.ErrnoException) => {
    throw new UserError(`${path}: cannot be opened (${cause.code ?? cause.message})`, { cause });
  };
  // Looked at first: opening a pipe would wait without end.
  if (!(await stat(path).catch(refuse)).isFile()) throw new UserError(`${path}: is not a file`);
  const handle = await open(path, 'r').catch(refuse);
  const { size: sizeBytes } = await handle.stat();
  return {
    name: path,
    sizeBytes,
    async read(offset, length) {
      checkRange(path, sizeBytes, offset, length);
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
        if (bytesRead === 0) throw new UserError(`${path}: ends at byte ${offset + done}, ${length - done} bytes were still expected`);
        done += bytesRead;
      }
      return bytes;
    },
    close: () => handle.close(),
  };
}

/** Reads from memory without copying: the answers are views of `bytes`. */
export function readerOfBytes(name: string, bytes: Uint8Array): RangeReader {
  return {
    name,
    sizeBytes: bytes.byteLength,
    async read(offset, length) {
      checkRange(name, bytes.byteLength, offset, length);
      return bytes.subarray(offset, offset + length);
    },
    close: async () => {},
  };
}

function checkRange(name: string, sizeBytes: number, offset: number, length: number): void {
  const inside = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0 && offset + length <= sizeBytes;
  if (!inside) throw new UserError(`${name}: bytes ${offset} to ${offset + length} are needed, the file has ${sizeBytes}: truncated?`);
}
