// What a dashboard is made of: the run record and, where the store has them, the rows behind its tables. Rows that are
// missing (an unfinished run, a collected artifact) cost the page its faint marks, never the page.

import type { Digest } from '../artifacts/digest.ts';
import { decodeIndex, type Index } from '../artifacts/index-artifact.ts';
import type { RunRecord } from '../artifacts/run-record.ts';
import type { Store } from '../artifacts/store.ts';
import type { EffectiveNoiseDraw, GradedResponse, TStarDraw } from '../artifacts/study-record.ts';
import { type NodeUnits, readUnits } from './units.ts';

export interface DashboardData {
  readonly record: RunRecord;
  /** Step 3, one row per prompt, draw and scale; undefined where they are not there. */
  readonly effectiveNoiseDraws?: readonly EffectiveNoiseDraw[];
  /** Step 4, one row per prompt, draw and noise level. */
  readonly tStarDraws?: readonly TStarDraw[];
  readonly graded?: readonly GradedResponse[];
  /** Digests of the row artifacts, by section: what the page's marks lead to. */
  readonly rowDigests?: { readonly [section: string]: string };
  /** Units of every step: their objects, and which are missing. */
  readonly units?: readonly NodeUnits[];
  /** Runs drawn beside this one. */
  readonly compared?: readonly DashboardData[];
  /** What figures call it beside others: the run's id where this is left out. */
  readonly label?: string;
  /** Cells of the run's matrix, each as a run of its own. */
  readonly cells?: readonly CellData[];
}

export interface CellData extends DashboardData {
  /** `model=a,seed=1` */
  readonly label: string;
  /** Its values by param, as people write them. */
  readonly texts: Readonly<Record<string, string>>;
}

/** Which output of a section's node holds its rows. */
const ROWS: { readonly [section: string]: string } = {
  effectiveNoise: 'rows',
  tStar: 'rows',
  calibration: 'graded',
  calibrationScores: 'rows',
  siteNoise: 'rows',
  numericFloor: 'rows',
  activations: 'rows',
};

/** Reads the rows of a run's sections and its units from the store; what is there of unfinished steps is handed in. */
export async function readDashboardData(store: Store, record: RunRecord, unfinished: readonly NodeUnits[] = []): Promise<DashboardData> {
  const digests: { [section: string]: string } = {};
  const read = async <Row>(section: string): Promise<readonly Row[] | undefined> => {
    const digest = await findRows(store, record, section);
    const rows = digest === undefined ? undefined : await readRows<Row>(store, digest);
    if (digest !== undefined && rows !== undefined) digests[section] = digest;
    return rows;
  };
  const effectiveNoiseDraws = await read<EffectiveNoiseDraw>('effectiveNoise');
  const tStarDraws = await read<TStarDraw>('tStar');
  const graded = await read<GradedResponse>('calibration');
  // A row per token: too many to draw, so only named.
  const scoredTokens = await findRows(store, record, 'calibrationScores');
  if (scoredTokens !== undefined) digests.calibrationScores = scoredTokens;
  return {
    record,
    ...(effectiveNoiseDraws === undefined ? {} : { effectiveNoiseDraws }),
    ...(tStarDraws === undefined ? {} : { tStarDraws }),
    ...(graded === undefined ? {} : { graded }),
    rowDigests: digests,
    units: await readUnits(store, record, unfinished),
  };
}

/** A run's data with those of others beside it. */
export async function readComparison(
  store: Store,
  record: RunRecord,
  others: readonly RunRecord[],
  unfinished: readonly NodeUnits[] = [],
): Promise<DashboardData> {
  const data = await readDashboardData(store, record, unfinished);
  if (others.length === 0) return data;
  return { ...data, compared: await Promise.all(others.map((other) => readDashboardData(store, other))) };
}

/** Digest of the section's row table: its node's index, the one unit there, the output named in ROWS. */
async function findRows(store: Store, record: RunRecord, section: string): Promise<Digest | undefined> {
  const node = record.nodes.find(({ id }) => id === record.sections[section]?.node);
  if (node === undefined || node.index === null) return undefined;
  const bytes = await store.getObject(node.index as Digest);
  if (bytes === undefined) return undefined;
  const index: Index = decodeIndex(bytes);
  return index.entries[0]?.outputs[ROWS[section]!];
}

/** undefined where the object is gone or is no Parquet file: the store has warned of a corrupt one already. */
async function readRows<Row>(store: Store, digest: Digest): Promise<readonly Row[] | undefined> {
  const bytes = await store.getObject(digest);
  if (bytes === undefined) return undefined;
  const { parquetReadObjects } = await import('hyparquet');
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const rows = await parquetReadObjects({ file }).catch(() => undefined);
  return rows?.map((row) => plainRow(row) as Row);
}

/** 64-bit integers come as bigint, which neither Plot nor JSON takes. */
function plainRow(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : (value ?? null)]),
  );
}
