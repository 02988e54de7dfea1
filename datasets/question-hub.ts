// What datasets need of the hub: whether a file can be had, and the file itself on this disk, verified.
import type { Hub, HubFile, ListedFile } from '../hub/hub.ts';

export type HubDatasetFile = Omit<HubFile, 'kind'>;

export interface QuestionHub {
  /** All files of a repository, with what the hub knows of them. */
  list(
    repository: Pick<HubDatasetFile, 'repository' | 'revision'>,
    options: { readonly signal: AbortSignal },
  ): Promise<readonly ListedFile[]>;
  /** Where the file would come from (cache, mirror, hub), for people; throws where it cannot be had. Downloads nothing. */
  locate(file: HubDatasetFile, options: { readonly signal: AbortSignal }): Promise<string>;
  /** The file's path on this disk, fetched and verified. */
  fetch(file: HubDatasetFile, options: { readonly signal: AbortSignal }): Promise<string>;
}

/** The hub as datasets see it: every file is one of a dataset's, and only its path on this disk matters. */
export function questionHub(hub: Hub): QuestionHub {
  return {
    list: (repository, { signal }) => hub.listFiles({ ...repository, kind: 'dataset' }, { signal }),
    locate: (file, { signal }) => hub.locate({ ...file, kind: 'dataset' }, { signal }),
    fetch: async (file, { signal }) => (await hub.fetchFile({ ...file, kind: 'dataset' }, { signal })).file,
  };
}
