// Which models of the catalogue this machine can hold: what opening one takes of the memory at each precision, and what fetching it
// takes of the disk.
import { type ModelCatalogEntry, modelCatalog } from '../models/catalog.ts';
import { PRECISIONS } from '../models/engine.ts';
import { convertedBytes, isConverted } from '../models/fetch-model.ts';
import { gigabytes, openingBytes } from '../models/opening-memory.ts';
import type { Finding } from './examine.ts';

export interface Room {
  readonly memoryBytes: number;
  readonly freeDiskBytes: number;
  /** Of downloads. */
  readonly cacheFolder: string;
}

export async function examineModels(room: Room): Promise<readonly Finding[]> {
  return Promise.all(
    Object.values(modelCatalog).map(async (entry) => modelFinding(entry, room, await isConverted(entry, room.cacheFolder))),
  );
}

export function modelFinding(entry: ModelCatalogEntry, { memoryBytes, freeDiskBytes }: Room, isHere: boolean): Finding {
  // Converted weights are float32.
  const needs = PRECISIONS.map((precision) => ({
    precision,
    bytes: openingBytes({ weightCount: entry.weightCount, weightBytes: 4, precision }),
  }));
  const tooLarge = needs.filter(({ bytes }) => bytes > memoryBytes).map(({ precision }) => precision);
  const diskBytes = isHere ? 0 : entry.gguf.sizeBytes + convertedBytes(entry);
  const advice = [
    ...(tooLarge.length === 0 ? [] : [`${tooLarge.join(', ')} would be refused: there is ${gigabytes(memoryBytes)} of memory.`]),
    ...(diskBytes <= freeDiskBytes ? [] : [`Fetching it needs ${gigabytes(diskBytes)} of disk, ${gigabytes(freeDiskBytes)} are free.`]),
  ];
  const memory = needs.map(({ precision, bytes }) => `${precision} ${gigabytes(bytes)}`).join(', ');
  return {
    what: 'model',
    state: advice.length === 0 ? 'good' : 'mind',
    found: `${entry.name}: ${isHere ? 'is here' : `${gigabytes(diskBytes)} to fetch and convert`}; memory to open it: ${memory}`,
    ...(advice.length === 0 ? {} : { advice: advice.join(' ') }),
  };
}
