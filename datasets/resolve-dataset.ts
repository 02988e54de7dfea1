// A spec's preference of datasets -> the one that is used, with the digest that keys contain. The first that can be had
// wins, so a machine without a hub falls back to the shipped set; a dataset named alone never falls back.
import { TransientError, UserError } from '../formats/user-error.ts';
import type { DatasetSource } from '../pipelines/sources.ts';
import { rowsDigest } from './canonical-rows.ts';
import { catalogSplit, fetchSplit, type HubAccess, locateSplit } from './dataset-files.ts';
import { type DatasetName, parseDatasetName } from './dataset-name.ts';
import { readQuestionFiles } from './question-file.ts';

export async function resolveDataset(preference: readonly string[], split: string, access: HubAccess): Promise<DatasetSource> {
  // All names first: a misspelt one is an error even where another would do.
  const datasets = preference.map(parseDatasetName);
  const failures: Error[] = [];
  for (const dataset of datasets) {
    try {
      const source = await resolveOne(dataset, split, access);
      return { ...source, preference, origin: [source.origin, ...failures.map(({ message }) => `instead of: ${message}`)].join('; ') };
    } catch (error) {
      access.signal.throwIfAborted();
      if (!(error instanceof UserError || error instanceof TransientError)) throw error;
      failures.push(error);
    }
  }
  throw noneLeft(preference, failures);
}

/** Known from the catalogue without a download; other datasets are fetched, as their rows decide the digest. */
async function resolveOne(dataset: DatasetName, split: string, access: HubAccess): Promise<Omit<DatasetSource, 'preference'>> {
  const origin = await locateSplit(dataset, split, access);
  const listed = catalogSplit(dataset, split);
  if (listed !== undefined) return { name: dataset.name, split, digest: listed.digest, rowCount: listed.rowCount, origin };
  const rows = await readQuestionFiles(await fetchSplit(dataset, split, access));
  return { name: dataset.name, split, digest: rowsDigest(rows), rowCount: rows.length, origin };
}

function noneLeft(preference: readonly string[], failures: readonly Error[]): Error {
  const [only] = failures;
  if (only === undefined) return new UserError('dataset: none is named');
  if (failures.length === 1) return only;
  const message = `datasets ${preference.join(', ')}: none can be had (${failures.map((failure) => failure.message).join('; ')})`;
  const mayPass = failures.some((failure) => failure instanceof TransientError);
  return mayPass ? new TransientError(message) : new UserError(message);
}
