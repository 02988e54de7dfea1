// One place to have files from (the cache, a mirror, the hub), and the way it says no: a refusal carries why, and whether
// the file is not there, is there with other bytes, or could not be asked for. The class of the final error follows from it.
import type { RepositoryName } from './file-name.ts';
import type { FetchedFile, HubFile, HubOptions, ListedFile } from './hub.ts';

export interface Source {
  /** For people: `mirror folder /data/hub`. */
  readonly name: string;
  /** Where the file is, for people; throws a refusal where it is not. Downloads nothing. */
  locate(file: HubFile, options: HubOptions): Promise<string>;
  fetchFile(file: HubFile, options: HubOptions): Promise<FetchedFile>;
  listFiles(repository: RepositoryName, options: HubOptions): Promise<readonly ListedFile[]>;
}

/**
 * - `absent`: there is no such file, or nobody without a token may see it. Asking again changes nothing.
 * - `wrong`: it is there with other bytes than expected.
 * - `network`: the source broke off or failed on this file; later it may not.
 * - `unreachable`: the source does not answer, or only that it is busy: asking it for other files is of no use now.
 */
export type RefusalKind = 'absent' | 'wrong' | 'network' | 'unreachable';

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly kind: RefusalKind;

  constructor(kind: RefusalKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
