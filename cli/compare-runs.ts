// In what two run records differ: params, versions, model, dataset, machine, and results with their intervals. Rows of tables
// are matched by what they are about (noise, scale, temperature), so that a scale added is one line, not a shift of all.
import { canonicalJson } from '../artifacts/canonical-json.ts';
import { cellsOfRun, matrixOf } from '../artifacts/cell-record.ts';
import type { Results, RunRecord } from '../artifacts/run-record.ts';
import { splitNodeId } from '../pipelines/plan.ts';

export interface RunDifference {
  readonly part: 'pipeline' | 'params' | 'model' | 'dataset' | 'versions' | 'machine' | 'results';
  /** `seed`, `tStar noise=0.1 alpha` */
  readonly name: string;
  /** null where that run has no such thing. */
  readonly before: unknown;
  readonly after: unknown;
  /** 95 % intervals of results that have them. */
  readonly beforeInterval?: Interval;
  readonly afterInterval?: Interval;
}

export type Interval = readonly [number | null, number | null];

export function compareRuns(before: RunRecord, after: RunRecord): readonly RunDifference[] {
  const records = (part: RunDifference['part'], of: (run: RunRecord) => Readonly<Record<string, unknown>> | null): RunDifference[] =>
    compareFields(of(before) ?? {}, of(after) ?? {}).map((difference) => ({ part, ...difference }));
  return [
    ...records('pipeline', ({ pipeline, status, nodes }) => ({
      name: pipeline,
      status,
      ...Object.fromEntries(nodes.map(({ id, step, version }) => [`step ${splitNodeId(id).step}`, `${step} version ${version}`])),
    })),
    ...records('params', (run) => ({ ...run.params, ...prefixed('matrix', matrixOf(run)) })),
    ...records('model', ({ model }) => model && { name: model.name, engine: model.engine }),
    ...records('dataset', ({ dataset }) => dataset && { name: dataset.name, split: dataset.split, digest: dataset.digest }),
    ...records('versions', ({ versions }) => versions),
    ...records('machine', ({ machine }) => machine),
    ...resultPairs(before, after)
      .flatMap(({ cell, results: [old, now] }) => compareResults(cell, old, now))
      .map((difference) => ({ part: 'results' as const, ...difference })),
  ];
}

interface ResultPair {
  /** Empty for what the cells of a matrix share, or where there is none. */
  readonly cell: string;
  readonly results: readonly [Results, Results];
}

/** Cells that both runs have, by name. A run without a matrix is compared with the cell that has its params. */
function resultPairs(before: RunRecord, after: RunRecord): readonly ResultPair[] {
  const [old, now] = [cellsOfRun(before), cellsOfRun(after)];
  if (old.length > 0 && now.length > 0) {
    const own = (cells: typeof old, { cells: records }: RunRecord, name: string) =>
      records[cells.findIndex((cell) => cell.name === name)]!.results;
    const shared = old.map(({ name }) => name).filter((name) => now.some((cell) => cell.name === name));
    return [
      { cell: '', results: [before.results, after.results] },
      ...shared.map((name): ResultPair => ({ cell: name, results: [own(old, before, name), own(now, after, name)] })),
    ];
  }
  const cellOf = (cells: typeof old, run: RunRecord) =>
    cells.find(({ record }) => isSame(record.params, { ...record.params, ...pick(run.params, Object.keys(record.params)) }));
  const [left, right] = [cellOf(old, after), cellOf(now, before)];
  return [{ cell: (left ?? right)?.name ?? '', results: [left?.record.results ?? before.results, right?.record.results ?? after.results] }];
}

function pick(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));
}

function prefixed(word: string, fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [`${word} ${name}`, value]));
}

type Difference = Omit<RunDifference, 'part'>;
type Fields = Readonly<Record<string, unknown>>;

function compareFields(before: Fields, after: Fields): readonly Difference[] {
  return namesOf(before, after)
    .filter((name) => !isSame(before[name], after[name]))
    .map((name) => ({ name, before: before[name] ?? null, after: after[name] ?? null }));
}

/** What a row of a table is about. */
const ROW_NAMES = ['noise', 'scale', 'temperature', 'prompt', 'draw', 'measure', 'state', 'bin'];

function compareResults(place: string, before: unknown, after: unknown): readonly Difference[] {
  if (isSame(before, after)) return [];
  if (isTable(before) && isTable(after)) {
    const [old, now] = [byRowName(before), byRowName(after)];
    return namesOf(old, now).flatMap((name) => compareResults(joinPlace(place, name), old[name], now[name]));
  }
  if (isFields(before) && isFields(after)) return compareRow(place, before, after);
  return [{ name: place, before: before ?? null, after: after ?? null }];
}

function compareRow(place: string, before: Fields, after: Fields): readonly Difference[] {
  const names = namesOf(before, after);
  return names
    .filter((name) => !isSpread(name, names))
    .flatMap((name): readonly Difference[] => {
      const [old, now] = [intervalOf(before, name), intervalOf(after, name)];
      if (old === undefined && now === undefined) return compareResults(joinPlace(place, name), before[name], after[name]);
      if (isSame([before[name], old], [after[name], now])) return [];
      const intervals = { ...(old === undefined ? {} : { beforeInterval: old }), ...(now === undefined ? {} : { afterInterval: now }) };
      return [{ name: joinPlace(place, name), before: before[name] ?? null, after: after[name] ?? null, ...intervals }];
    });
}

/** `alphaLow` and `alphaHigh` belong to `alpha`, a bare `low` and `high` to an accuracy. */
function intervalOf(row: Fields, name: string): Interval | undefined {
  const [low, high] = name === 'accuracy' ? [row.low, row.high] : [row[`${name}Low`], row[`${name}High`]];
  return low === undefined || high === undefined ? undefined : [low as number | null, high as number | null];
}

/** Fields that say how sure another one is. */
function isSpread(name: string, names: readonly string[]): boolean {
  if (name === 'low' || name === 'high') return names.includes('accuracy');
  const base = name.replace(/(Low|High|Se|Sd)$/, '');
  return base !== name && names.includes(base);
}

function isTable(value: unknown): value is readonly Fields[] {
  return Array.isArray(value) && value.every((row) => isFields(row) && ROW_NAMES.some((name) => name in row));
}

function byRowName(rows: readonly Fields[]): Record<string, Fields> {
  return Object.fromEntries(
    rows.map((row) => {
      const names = ROW_NAMES.filter((name) => name in row);
      return [names.map((name) => `${name}=${String(row[name])}`).join(' '), row];
    }),
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function namesOf(before: Fields, after: Fields): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])];
}

function joinPlace(place: string, name: string): string {
  return place === '' ? name : `${place} ${name}`;
}

/** null and absent are the same: a record writes null for what a run has not. */
function isSame(before: unknown, after: unknown): boolean {
  return canonicalJson(before ?? null) === canonicalJson(after ?? null);
}
