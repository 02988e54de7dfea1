// Writes a safetensors file that is larger than memory: the tensors are declared first, then their bytes come in chunks.
// The data start and every tensor whose size allows it lie at multiples of 4096 bytes (the memory page), so that a runtime
// can map them where they are; the format permits no gaps, so tensors of odd sizes go last instead.
import { type FileHandle, open } from 'node:fs/promises';
import { encodeHeader, type TensorInfo, tensorSize } from './safetensors.ts';

const PAGE_BYTES = 4096;

export interface SafetensorsWriter {
  /** Names in the order in which their bytes must be appended. */
  readonly order: readonly string[];
  /** The next bytes, of the tensor under way or the next one. */
  append(bytes: Uint8Array): Promise<void>;
  /** Checks that everything came, flushes to the disk and closes. */
  finish(): Promise<void>;
  /** Closes without checks; the caller removes the file. Harmless after finish. */
  abandon(): Promise<void>;
}

export type DeclaredTensor = Pick<TensorInfo, 'name' | 'dtype' | 'shape'>;

export async function createSafetensorsWriter(
  path: string,
  tensors: readonly DeclaredTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<SafetensorsWriter> {
  const ordered = pageAlignedFirst(tensors);
  const header = encodeHeader(ordered, metadata, PAGE_BYTES);
  const expected = ordered.reduce((sum, { dtype, shape }) => sum + tensorSize(dtype, shape), header.byteLength);
  const handle = await open(path, 'wx');
  let closed = false;
  let written = 0;
  const append = async (bytes: Uint8Array) => {
    await writeAll(handle, bytes);
    written += bytes.byteLength;
  };
  const abandon = async () => {
    if (!closed) await handle.close();
    closed = true;
  };
  try {
    await append(header);
  } catch (cause) {
    await abandon();
    throw cause;
  }
  return {
    order: ordered.map((tensor) => tensor.name),
    append,
    async finish() {
      if (written !== expected) throw new Error(`${path}: ${expected} bytes were declared, ${written} appended`);
      await handle.sync();
      await abandon();
    },
    abandon,
  };
}

/** Stable: sizes that are multiples of the page first, then multiples of 64, then the rest. */
function pageAlignedFirst(tensors: readonly DeclaredTensor[]): DeclaredTensor[] {
  const rank = ({ dtype, shape }: DeclaredTensor) => {
    const sizeBytes = tensorSize(dtype, shape);
    return sizeBytes % PAGE_BYTES === 0 ? 0 : sizeBytes % 64 === 0 ? 1 : 2;
  };
  return [0, 1, 2].flatMap((group) => tensors.filter((tensor) => rank(tensor) === group));
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength) done += (await handle.write(bytes, done, bytes.byteLength - done)).bytesWritten;
}
