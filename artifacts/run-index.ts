// Where a run's documents lie in a store and which runs there are. A run's name is a Temporal workflow id, which may hold
// any character; in document names it is percent-encoded.
import { canonicalJson } from './canonical-json.ts';
import { type RunRecord, runRecordSchema } from './run-record.ts';
import type { Store } from './store.ts';

const RECORD = 'run.json';

/** `runs/RUN/dashboard.html` */
export function runDocument(run: string, file: string): string {
  // A leading dot would hide the folder or climb out of it; encodeURIComponent leaves dots and * alone.
  return `runs/${encodeURIComponent(run).replace(/^\./, '%2E').replaceAll('*', '%2A')}/${file}`;
}

export async function putRunRecord(store: Store, record: RunRecord): Promise<void> {
  const text = `${JSON.stringify(JSON.parse(canonicalJson(record)), null, 1)}\n`;
  await store.putDocument(runDocument(record.run, RECORD), new TextEncoder().encode(text));
}

/** undefined where there is no record of that run, or none that parses (reported to `warn`). */
export async function getRunRecord(store: Store, run: string, warn: (message: string) => void): Promise<RunRecord | undefined> {
  return readRecord(store, runDocument(run, RECORD), warn);
}

/** All runs with a readable record, the latest first. */
export async function listRuns(store: Store, warn: (message: string) => void): Promise<readonly RunRecord[]> {
  const names = (await store.listDocuments('runs')).filter((name) => name.split('/').length === 3 && name.endsWith(`/${RECORD}`));
  const records = await Promise.all(names.map((name) => readRecord(store, name, warn)));
  return records
    .filter((record) => record !== undefined)
    .sort((a, b) => (a.startedAt === b.startedAt ? 0 : a.startedAt < b.startedAt ? 1 : -1));
}

async function readRecord(store: Store, name: string, warn: (message: string) => void): Promise<RunRecord | undefined> {
  const bytes = await store.getDocument(name);
  if (bytes === undefined) return undefined;
  try {
    return runRecordSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    warn(`${store.location}/${name} is no run record of this version; it is left out`);
    return undefined;
  }
}
