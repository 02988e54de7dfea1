// A step's output index: which object each unit's outputs are, sorted by coordinates, as canonical JSON. `all` readers have
// the digest of the one output's index that they read in their key; `each` readers look up their own place in it.
import { z } from 'zod';
import { type Coordinates, projectCoordinates } from '../pipelines/plan.ts';
import { canonicalJson, canonicalJsonBytes } from './canonical-json.ts';
import { type Digest, digestOf, digestSchema } from './digest.ts';

const entrySchema = z.tuple([z.record(z.string(), z.union([z.number(), z.string()])), z.record(z.string(), digestSchema)]);
const indexSchema = z.object({ format: z.literal(1), axes: z.array(z.string()), units: z.array(entrySchema) });

/** One unit: where it lies and the digest of each of its outputs. */
export interface IndexEntry {
  readonly coordinates: Coordinates;
  readonly outputs: { readonly [output: string]: Digest };
}

export interface Index {
  /** Names of the step's axes, sorted. */
  readonly axes: readonly string[];
  /** Sorted by coordinates (`compareCoordinates`). */
  readonly entries: readonly IndexEntry[];
}

/** Sorts entries into an index; two entries at one place are a bug and throw. */
export function makeIndex(axes: readonly string[], entries: readonly IndexEntry[]): Index {
  const sorted = [...entries].sort((a, b) => compareCoordinates(a.coordinates, b.coordinates));
  sorted.forEach((entry, i) => {
    const before = sorted[i - 1];
    if (before !== undefined && compareCoordinates(before.coordinates, entry.coordinates) === 0)
      throw new Error(`two units at ${canonicalJson(entry.coordinates)}`);
  });
  return { axes: [...axes].sort(), entries: sorted };
}

export function encodeIndex(index: Index): Uint8Array {
  return canonicalJsonBytes({ format: 1, axes: index.axes, units: index.entries.map((entry) => [entry.coordinates, entry.outputs]) });
}

/** Throws where the bytes are no index. */
export function decodeIndex(bytes: Uint8Array): Index {
  const { axes, units } = indexSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  return makeIndex(
    axes,
    units.map(([coordinates, outputs]) => ({ coordinates, outputs })),
  );
}

/** What an `all` reader has in its key: the places and digests of the output that it reads, not of its neighbours. */
export function outputIndexDigest(index: Index, output: string): Digest {
  return digestOf(canonicalJson(index.entries.map((entry) => [entry.coordinates, entry.outputs[output] ?? null])));
}

export type IndexLookUp = (place: Coordinates) => IndexEntry | undefined;

/** Made once per index: every unit that reads it asks. */
const lookUps = new WeakMap<Index, IndexLookUp>();

/** Finds the entry that a reader at any finer place reads: its coordinates projected on the index's axes. */
export function indexLookUp(index: Index): IndexLookUp {
  const made = lookUps.get(index) ?? makeLookUp(index);
  lookUps.set(index, made);
  return made;
}

function makeLookUp(index: Index): IndexLookUp {
  const axes = index.axes.map((name) => ({ name }));
  const byPlace = new Map(index.entries.map((entry) => [canonicalJson(entry.coordinates), entry]));
  return (place) => (axes.every((axis) => axis.name in place) ? byPlace.get(canonicalJson(projectCoordinates(place, axes))) : undefined);
}

/** Axis by axis in the order of their names; numbers by value and before strings. */
export function compareCoordinates(a: Coordinates, b: Coordinates): number {
  for (const axis of Object.keys(a).sort()) {
    const order = compareValues(a[axis], b[axis]);
    if (order !== 0) return order;
  }
  return 0;
}

function compareValues(a: number | string | undefined, b: number | string | undefined): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  return a === b ? 0 : String(a) < String(b) ? -1 : 1;
}
