// Where artifacts live: objects by digest, manifests by cache key, documents (run records, dashboards, plans' links) by
// name. Everything is written to a temporary file, synced and renamed; the manifest last, so a key that is there is whole.
import type { CacheKey, Digest } from './digest.ts';
import type { Manifest } from './manifest.ts';

export interface Store {
  /** Random, made once with the store; a plan carries it, a worker with another store refuses. */
  readonly id: string;
  /** For people: the folder or address. */
  readonly location: string;
  putObject(bytes: Uint8Array): Promise<Digest>;
  /** The bytes, their digest verified; undefined where the object is missing or corrupt (a corrupt one is reported to `warn`). */
  getObject(digest: Digest): Promise<Uint8Array | undefined>;
  /** Whether an object of that digest and size is there, without reading all of it. */
  hasObject(digest: Digest, sizeBytes: number): Promise<boolean>;
  putManifest(manifest: Manifest): Promise<void>;
  /** undefined where there is none, or where it does not parse (reported to `warn`). */
  getManifest(key: CacheKey): Promise<Manifest | undefined>;
  listManifests(): AsyncIterable<Manifest>;
  /** Documents are small named files, overwritten atomically: `runs/RUN/run.json`, `runs/RUN/dashboard.html`. */
  putDocument(name: string, bytes: Uint8Array): Promise<void>;
  getDocument(name: string): Promise<Uint8Array | undefined>;
  /** Names below a folder of documents, sorted. */
  listDocuments(folder: string): Promise<readonly string[]>;
}
