// The hub as the datasets see it: every file is one of a dataset's, and only its path on this disk matters.
import type { QuestionHub } from '../datasets/question-hub.ts';
import type { Hub } from './hub.ts';

export function questionHub(hub: Hub): QuestionHub {
  return {
    locate: (file, { signal }) => hub.locate({ kind: 'dataset', ...file }, { signal }),
    fetch: async (file, { signal }) => (await hub.fetchFile({ kind: 'dataset', ...file }, { signal })).file,
  };
}
