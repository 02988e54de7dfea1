// What opening a built graph takes while ONNX Runtime widens, rounds and packs the weights: a model that is too large for the
// machine would be killed by the system at every try, so it is refused before.
import { totalmem } from 'node:os';
import { UserError } from '../formats/user-error.ts';
import type { Precision } from './engine.ts';

export interface OpeningRequest {
  /** How errors name the model. */
  readonly where: string;
  /** Of all weight files. */
  readonly sizeBytes: number;
  /** Bytes of a published weight: 4, or 2 of the half precisions. */
  readonly weightBytes: 2 | 4;
  readonly precision: Precision;
}

/** Bytes a weight, measured: a packed copy; another one where it was widened; each node of the rounding leaves one more. */
function bytesPerWeight({ weightBytes, precision }: OpeningRequest): number {
  if (precision === 'int8' || precision === 'int4') return 20;
  return precision === 'float16' || weightBytes === 2 ? 8 : 4;
}

/** Throws a UserError where the machine's memory cannot hold it, whatever else it is used for. */
export function refuseBeyondMemory(request: OpeningRequest, totalBytes = totalmem()): void {
  const needed = (request.sizeBytes / request.weightBytes) * bytesPerWeight(request);
  if (needed <= totalBytes) return;
  const { where, precision } = request;
  const instead = precision === 'float32' ? 'take a smaller model' : 'take float32, or a smaller model';
  throw new UserError(
    `${where}: opening its weights at precision ${precision} takes about ${gigabytes(needed)}, this machine has ${gigabytes(totalBytes)}; ${instead}, or a worker with more memory`,
  );
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
