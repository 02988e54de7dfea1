// Where a run's documents lie in a store and which runs there are. A run's name is a Temporal workflow id, which may hold
// any character; in document names it is percent-encoded.
import { z } from 'zod';
import { canonicalJson, canonicalJsonBytes } from './canonical-json.ts';
import { digestSchema } from './digest.ts';
import { predictionSchema, type RunRecord, runRecordSchema } from './run-record.ts';
import type { Store } from './store.ts';

const RECORD = 'run.json';
const MARK = 'planned.json';

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
  const names = await documentsNamed(store, RECORD);
  const records = await Promise.all(names.map((name) => readRecord(store, name, warn)));
  return records
    .filter((record) => record !== undefined)
    .sort((a, b) => (a.startedAt === b.startedAt ? 0 : a.startedAt < b.startedAt ? 1 : -1));
}

const markSchema = z.object({
  format: z.literal(1),
  run: z.string(),
  plan: digestSchema,
  plannedAt: z.string(),
  /** What its steps were to cost, by node. */
  predicted: z.record(z.string(), predictionSchema).optional(),
});

/** A run that was planned: until its record is written, what it needs must stay in the store. */
export type RunMark = z.infer<typeof markSchema>;

export async function putRunMark(store: Store, mark: Omit<RunMark, 'format'>): Promise<void> {
  await store.putDocument(runDocument(mark.run, MARK), canonicalJsonBytes({ format: 1, ...mark }));
}

export async function getRunMark(store: Store, run: string): Promise<RunMark | undefined> {
  return readMark(store, runDocument(run, MARK));
}

/** Runs that were planned and have no record since then: under way, kept after Ctrl-C, or lost with their server. */
export async function listUnfinishedRuns(store: Store): Promise<readonly RunMark[]> {
  const names = await documentsNamed(store, MARK);
  const marks = await Promise.all(names.map((name) => readMark(store, name)));
  const unfinished = await Promise.all(
    marks.map(async (mark) => {
      const record = mark === undefined ? undefined : await getRunRecord(store, mark.run, () => undefined);
      return record === undefined || record.endedAt < mark!.plannedAt ? mark : undefined;
    }),
  );
  return unfinished.filter((mark) => mark !== undefined);
}

/** Runs of which neither record nor mark can be read: damaged, or of a later version. */
export async function listUnreadableRuns(store: Store): Promise<readonly string[]> {
  const names = [...(await documentsNamed(store, RECORD)), ...(await documentsNamed(store, MARK))];
  const runs = [...new Set(names.map((name) => runOfFolder(name.split('/')[1]!)))];
  const isReadable = await Promise.all(
    runs.map(async (run) => ((await getRunMark(store, run)) ?? (await getRunRecord(store, run, () => undefined))) !== undefined),
  );
  return runs.filter((_, i) => !isReadable[i]);
}

/** `runs/RUN/file` of every run that has one; what lies deeper is of other documents. */
async function documentsNamed(store: Store, file: string): Promise<string[]> {
  return (await store.listDocuments('runs')).filter((name) => name.split('/').length === 3 && name.endsWith(`/${file}`));
}

function runOfFolder(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

async function readMark(store: Store, name: string): Promise<RunMark | undefined> {
  try {
    const bytes = await store.getDocument(name);
    if (bytes === undefined) return undefined;
    const mark = markSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    return runDocument(mark.run, MARK) === name ? mark : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

async function readRecord(store: Store, name: string, warn: (message: string) => void): Promise<RunRecord | undefined> {
  const bytes = await store.getDocument(name);
  if (bytes === undefined) return undefined;
  try {
    const record = runRecordSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    // Its name is where its other documents are looked for.
    if (runDocument(record.run, RECORD) === name) return record;
  } catch {
    // Said below, as of a record under another's name.
  }
  warn(`${store.location}/${name} is no run record of this version; it is left out`);
  return undefined;
}
