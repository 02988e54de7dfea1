// What differs between runs: T*, best T and effective noise, level by level, each other run less the page's own (A), and what
// the runs were asked. Differences are paired over prompts where both runs had the same ones of the same dataset.
import type { RunRecord } from '../../artifacts/run-record.ts';
import type { EffectiveNoiseRow, TStarRow } from '../../artifacts/study-record.ts';
import { intervalOverPrompts } from '../../numerics/intervals.ts';
import type { DashboardData } from '../data.ts';
import { decimals, signed, valueText } from '../format.ts';
import type { Cell, Column, Table } from '../views/view.ts';
import { comparedRuns } from './runs.ts';

export interface Difference {
  /** Other less own. */
  readonly value: number;
  /** 95 %, paired over prompts; null where the runs had other prompts, one prompt, or no rows in the store. */
  readonly low: number | null;
  readonly high: number | null;
}

interface PromptValue {
  readonly prompt: number;
  readonly value: number;
}

/**
 * `other - own`, and Student's t over the differences of the prompts' means, around that value. What is handed in per prompt
 * is the statistic's influence: the values themselves for a mean, their linearization for a function of a mean.
 */
export function pairedDifference(
  own: number,
  other: number,
  ownValues: readonly PromptValue[],
  otherValues: readonly PromptValue[],
): Difference {
  const value = other - own;
  const [a, b] = [meansByPrompt(ownValues), meansByPrompt(otherValues)];
  const samePrompts = a.size > 1 && a.size === b.size && [...a.keys()].every((prompt) => b.has(prompt));
  if (!samePrompts) return { value, low: null, high: null };
  const { mean, low, high } = intervalOverPrompts([...a].map(([prompt, mine]) => ({ prompt, value: b.get(prompt)! - mine })));
  return { value, low: low! - mean + value, high: high! - mean + value };
}

/** One row per other run and noise level that both have. */
export function temperatureDifferences(data: DashboardData): Table {
  return {
    columns: [
      { name: 'run', label: 'run' },
      { name: 'noise', label: 'noise' },
      ...differenceColumns('tStar', 'T*', 3),
      ...differenceColumns('bestTKlContinuous', 'best T', 3),
      { name: 'verdictA', label: 'verdict A' },
      { name: 'verdict', label: 'verdict' },
    ],
    rows: others(data).flatMap(({ letter, data: other }) =>
      pairs(data.record.results.tStar, other.record.results.tStar, ({ noise }) => noise).map(([own, its]) => [
        letter,
        own.noise,
        ...cells(own.tStar, its.tStar, tStarDifference(data, other, own, its)),
        ...cells(own.bestTKlContinuous, its.bestTKlContinuous, bestTDifference(data, other, own, its)),
        own.verdict,
        its.verdict,
      ]),
    ),
  };
}

export function effectiveNoiseDifferences(data: DashboardData): Table {
  return {
    columns: [{ name: 'run', label: 'run' }, { name: 'scale', label: 'scale' }, ...differenceColumns('effectiveStd', 'effective std', 4)],
    rows: others(data).flatMap(({ letter, data: other }) =>
      pairs(data.record.results.effectiveNoise, other.record.results.effectiveNoise, ({ scale }) => scale).map(([own, its]) => [
        letter,
        own.scale,
        ...cells(own.effectiveStd, its.effectiveStd, effectiveStdDifference(data, other, own, its)),
      ]),
    ),
  };
}

/** Params, model, dataset and versions that are not the same in all runs. */
export function settingsDifferences(data: DashboardData): Table {
  const runs = comparedRuns(data);
  const settings = runs.map((run) => settingsOf(run.data.record));
  const names = [...new Set(settings.flatMap((own) => [...own.keys()]))];
  const differing = names.filter((name) => new Set(settings.map((own) => own.get(name))).size > 1);
  return {
    columns: [{ name: 'setting', label: 'setting' }, ...runs.map(({ letter }) => ({ name: letter, label: letter }))],
    rows: differing.map((name) => [name, ...settings.map((own) => own.get(name) ?? null)]),
  };
}

function settingsOf({ pipeline, params, model, dataset, versions, results }: RunRecord): ReadonlyMap<string, string> {
  return new Map([
    ['pipeline', pipeline],
    ...Object.entries(params).map(([name, value]) => [name, valueText(value)] as const),
    ['weights', model?.engine ?? 'none'],
    ['questions', dataset === null ? 'none' : `${dataset.name}, ${dataset.split}, ${dataset.rows} rows`],
    ...(results.tBaseUsed == null ? [] : [['T_base used', String(results.tBaseUsed)] as const]),
    ...Object.entries(versions).map(([name, value]) => [`version of ${name}`, value] as const),
  ]);
}

/** T* = T_base sqrt(1 + mean alpha) is a function of a mean: by the delta method a prompt weighs in with T_base alpha / (2 sqrt(1 + mean alpha)). */
function tStarDifference(data: DashboardData, other: DashboardData, own: TStarRow, its: TStarRow): Difference {
  const influence = (run: DashboardData, row: TStarRow) => {
    const slope = (run.record.results.tBaseUsed ?? Number.NaN) / (2 * Math.sqrt(1 + row.alpha));
    return drawsAt(
      run.tStarDraws,
      (draw) => draw.noise === row.noise,
      (draw) => slope * draw.alpha,
    );
  };
  return pairedWhereSame(data, other, own.tStar, its.tStar, influence(data, own), influence(other, its));
}

function bestTDifference(data: DashboardData, other: DashboardData, own: TStarRow, its: TStarRow): Difference {
  const values = (run: DashboardData) =>
    drawsAt(
      run.tStarDraws,
      (draw) => draw.noise === own.noise,
      (draw) => draw.bestTKlContinuous,
    );
  return pairedWhereSame(data, other, own.bestTKlContinuous, its.bestTKlContinuous, values(data), values(other));
}

function effectiveStdDifference(data: DashboardData, other: DashboardData, own: EffectiveNoiseRow, its: EffectiveNoiseRow): Difference {
  const values = (run: DashboardData) =>
    drawsAt(
      run.effectiveNoiseDraws,
      (draw) => draw.scale === own.scale,
      (draw) => draw.effectiveStd,
    );
  return pairedWhereSame(data, other, own.effectiveStd, its.effectiveStd, values(data), values(other));
}

/** A prompt's index is its row in the dataset: of another dataset it is another question. */
function pairedWhereSame(
  data: DashboardData,
  other: DashboardData,
  own: number,
  its: number,
  ownValues: readonly PromptValue[],
  itsValues: readonly PromptValue[],
): Difference {
  const same = data.record.dataset !== null && data.record.dataset.digest === other.record.dataset?.digest;
  return pairedDifference(own, its, same ? ownValues : [], same ? itsValues : []);
}

function drawsAt<Row extends { readonly prompt: number }>(
  rows: readonly Row[] | undefined,
  isAt: (row: Row) => boolean,
  read: (row: Row) => number,
): readonly PromptValue[] {
  return (rows ?? []).filter(isAt).map((row) => ({ prompt: row.prompt, value: read(row) }));
}

function meansByPrompt(values: readonly PromptValue[]): ReadonlyMap<number, number> {
  const byPrompt = new Map<number, number[]>();
  for (const { prompt, value } of values) byPrompt.set(prompt, [...(byPrompt.get(prompt) ?? []), value]);
  return new Map([...byPrompt].map(([prompt, own]) => [prompt, own.reduce((sum, value) => sum + value, 0) / own.length]));
}

function others(data: DashboardData) {
  return comparedRuns(data).slice(1);
}

function pairs<Row>(own: readonly Row[] = [], its: readonly Row[] = [], levelOf: (row: Row) => number): (readonly [Row, Row])[] {
  return own.flatMap((row) => its.filter((candidate) => levelOf(candidate) === levelOf(row)).map((candidate) => [row, candidate] as const));
}

function differenceColumns(name: string, label: string, digits: number): Column[] {
  const show = (value: Cell) => decimals(value as number | null, digits);
  return [
    { name: `${name}A`, label: `${label} A`, show },
    { name, label, show },
    { name: `${name}Difference`, label: 'difference', show: (value) => signed(value as number, digits) },
    { name: `${name}Low`, label: 'low', show },
    { name: `${name}High`, label: 'high', show },
  ];
}

function cells(own: number, its: number, { value, low, high }: Difference): Cell[] {
  return [own, its, value, low, high];
}
