// Where artifacts live: objects by digest, manifests by cache key, documents (run records, dashboards, plans' links) by
// name. Everything is written to a temporary file, synced and renamed; the manifest last, so a key that is there is whole.
import type { CacheKey, Digest } from './digest.ts';
import type { Manifest } from './manifest.ts';

/** One object or manifest as a listing names it. */
export interface Stored<Name> {
  readonly name: Name;
  readonly sizeBytes: number;
  /** When it was last put; putting what is there already counts. */
  readonly putAt: Date;
}

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
  /** All objects, unread: corrupt ones too. */
  listObjects(): AsyncIterable<Stored<Digest>>;
  /** Removes an object unless it was put since `before`; whether it did. */
  removeObject(digest: Digest, before: Date): Promise<boolean>;
  putManifest(manifest: Manifest): Promise<void>;
  /** undefined where there is none, or where it does not parse (reported to `warn`). */
  getManifest(key: CacheKey): Promise<Manifest | undefined>;
  listManifests(): AsyncIterable<Manifest>;
  /** The keys of all manifests, unread: damaged ones too. */
  listKeys(): AsyncIterable<Stored<CacheKey>>;
  /** Removes a manifest unless it was put since `before`; whether it did. */
  removeManifest(key: CacheKey, before: Date): Promise<boolean>;
  /**
   * Says that `holder` computes a unit now: true where nobody else does. It is lost when it is not renewed for some seconds or
   * its process is gone. Two runs that need a unit at once so compute it once; losing a lease is harmless.
   */
  takeLease(key: CacheKey, holder: string): Promise<boolean>;
  renewLease(key: CacheKey): Promise<void>;
  /** Lets go of what this holder holds; somebody else's stays. */
  releaseLease(key: CacheKey, holder: string): Promise<void>;
  /** Documents are small named files, overwritten atomically: `runs/RUN/run.json`, `runs/RUN/dashboard.html`. */
  putDocument(name: string, bytes: Uint8Array): Promise<void>;
  getDocument(name: string): Promise<Uint8Array | undefined>;
  /** Names below a folder of documents, sorted. */
  listDocuments(folder: string): Promise<readonly string[]>;
}
