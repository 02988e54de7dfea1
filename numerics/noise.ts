// Standard normals by the million: opens the noise kernel (WebAssembly SIMD, compiled from wasm/assembly/noise.ts by the
// build) and fills float32 arrays with any stretch of a stream. Bit for bit what normal.ts gives, at 4 ns a number.
import { readFileSync } from 'node:fs';
import type { Stream } from './coordinates.ts';

/** The kernel writes whole groups of four blocks. */
const NORMALS_PER_GROUP = 16;
/** A pass of the kernel: its output stays in the second-level cache while it is copied out. */
const GROUPS_PER_PASS = 1024;
const PAGE_BYTES = 65536;

export interface NoiseKernel {
  /**
   * Writes the normals offset, offset + 1, ... of the stream into `out`, all of it. The same numbers come out however a
   * stretch is split. `offset` is an integer from 0, offset + out.length at most 2^53, else a RangeError.
   *
   * @example openNoiseKernel().fill(noiseStream({ seed: 42, prompt: 0, draw: 0, site: 'lm_head.input' }), 0, new Float32Array(576))
   */
  fill(stream: Stream, offset: number, out: Float32Array): void;
}

interface KernelExports {
  readonly memory: WebAssembly.Memory;
  readonly buffer: WebAssembly.Global;
  fillGroups(key0: number, key1: number, counter2: number, counter3: number, blockLow: number, blockHigh: number, groups: number): void;
}

let opened: NoiseKernel | undefined;

/** The kernel, compiled at the first call and then shared (it keeps nothing between fills). Throws where it was not built. */
export function openNoiseKernel(): NoiseKernel {
  opened ??= instantiate(readKernel());
  return opened;
}

function readKernel(): Uint8Array<ArrayBuffer> {
  const file = new URL('./wasm/noise.wasm', import.meta.url);
  try {
    return new Uint8Array(readFileSync(file));
  } catch (cause) {
    throw new Error(`The noise kernel ${file.pathname} is missing or unreadable: run \`npm run build\`, which compiles it`, { cause });
  }
}

function instantiate(bytes: Uint8Array<ArrayBuffer>): NoiseKernel {
  const kernel = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as unknown as KernelExports;
  const start: number = kernel.buffer.value;
  const count = GROUPS_PER_PASS * NORMALS_PER_GROUP;
  const missingBytes = start + count * 4 - kernel.memory.buffer.byteLength;
  if (missingBytes > 0) kernel.memory.grow(Math.ceil(missingBytes / PAGE_BYTES));
  const normals = new Float32Array(kernel.memory.buffer, start, count);
  return {
    fill(stream, offset, out) {
      if (!Number.isSafeInteger(offset) || offset < 0 || !Number.isSafeInteger(offset + out.length)) {
        throw new RangeError(
          `A stretch of noise starts at an integer from 0 and ends below 2^53, not at ${offset} with ${out.length} numbers`,
        );
      }
      for (let done = 0; done < out.length; ) {
        const block = Math.floor((offset + done) / 4);
        const skipped = (offset + done) % 4;
        const taken = Math.min(out.length - done, count - skipped);
        const groups = Math.ceil((skipped + taken) / NORMALS_PER_GROUP);
        kernel.fillGroups(stream.key0, stream.key1, stream.counter2, stream.counter3, block % 2 ** 32, Math.floor(block / 2 ** 32), groups);
        out.set(normals.subarray(skipped, skipped + taken), done);
        done += taken;
      }
    },
  };
}
