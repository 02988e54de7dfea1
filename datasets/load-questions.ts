// A resolved dataset -> its rows, fetched, read and checked against the digest that keys and manifests name.
import { UserError } from '../formats/user-error.ts';
import type { DatasetSource } from '../pipelines/sources.ts';
import { type Question, rowsDigest } from './canonical-rows.ts';
import { fetchSplit, type HubAccess } from './dataset-files.ts';
import { parseDatasetName } from './dataset-name.ts';
import { readQuestionFiles } from './question-file.ts';

export async function loadQuestions(source: DatasetSource, access: HubAccess): Promise<readonly Question[]> {
  const files = await fetchSplit(parseDatasetName(source.name), source.split, access);
  const rows = await readQuestionFiles(files);
  const digest = rowsDigest(rows);
  if (digest === source.digest) return rows;
  throw new UserError(
    `dataset ${source.name}, split ${source.split}: ${files.join(', ')} has ${rows.length} rows with digest ${digest}, expected ${source.rowCount} with ${source.digest}; delete the file to fetch it again, or name it by its path to use it as it is`,
  );
}
