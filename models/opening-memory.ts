// What opening a built graph takes while ONNX Runtime widens, rounds and packs the weights: a model that is too large for the
// machine would be killed by the system at every try, so it is refused before.
import { totalmem } from 'node:os';
import { UserError } from '../formats/user-error.ts';
import type { Precision } from './engine.ts';

export interface OpeningRequest {
  readonly weightCount: number;
  /** Bytes of a published weight: 4, or 2 of the half precisions. */
  readonly weightBytes: 2 | 4;
  readonly precision: Precision;
}

/** Measured: a packed copy of each weight; another one where it was widened; each node of the rounding leaves one more. */
export function openingBytes({ weightCount, weightBytes, precision }: OpeningRequest): number {
  if (precision === 'int8' || precision === 'int4') return weightCount * 20;
  return weightCount * (precision === 'float16' || weightBytes === 2 ? 8 : 4);
}

/** Of this machine, or of the container that this runs in. */
export function machineMemoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** Throws a UserError where the machine's memory cannot hold it, whatever else it is used for. `where`: how errors name the model. */
export function refuseBeyondMemory(where: string, request: OpeningRequest, totalBytes = machineMemoryBytes()): void {
  const needed = openingBytes(request);
  if (needed <= totalBytes) return;
  const instead = request.precision === 'float32' ? 'take a smaller model' : 'take float32, or a smaller model';
  throw new UserError(
    `${where}: opening its weights at precision ${request.precision} takes about ${gigabytes(needed)}, this machine has ${gigabytes(totalBytes)}; ${instead}, or a worker with more memory`,
  );
}

export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
