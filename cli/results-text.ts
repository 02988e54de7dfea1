// The tables of a run as a terminal shows them: each mean with its 95 % interval, the match mark, the verdict. The same
// numbers as `--json`, rounded as EXPERIMENT's tables are.

import type { CalibrationMeasure, CalibrationScoresTable, TemperatureFit } from '../artifacts/calibration-record.ts';
import { type Cell, cellsOfRun, matrixWords } from '../artifacts/cell-record.ts';
import type { NumericFloor } from '../artifacts/floor-record.ts';
import { ownSections } from '../artifacts/own-sections.ts';
import type { Results, RunRecord } from '../artifacts/run-record.ts';
import type { SiteNoiseRow, SiteShareRow } from '../artifacts/site-noise-record.ts';
import type { Calibration, EffectiveNoiseRow, Setup, TStarRow } from '../artifacts/study-record.ts';
import { activationsText } from './activations-text.ts';
import { cellsText } from './cells-text.ts';
import { costText } from './cost-text.ts';
import { floorColumn, floorText } from './floor-text.ts';
import { formatDuration } from './format.ts';
import { sectionText } from './section-text.ts';
import { type Column, renderTable } from './table.ts';

/** What all cells of a matrix share, then every cell under its name; warnings and how to read the intervals last. `cell`: the record is this one cell's. */
export function renderResults(record: RunRecord, cell?: string): string {
  const cells = cellsOfRun(record);
  const parts = [
    heading(record, cell),
    cells.length > 0 && cellsText(record, cells),
    ...sectionTexts(record.results),
    ...record.cells.flatMap(({ results }, i) => cellTexts(cells[i]!, results)),
    costText(record.nodes),
    warningsText(record, cells),
    intervalsNote([record.results, ...record.cells.map(({ results }) => results)]),
  ];
  return parts.filter((part) => typeof part === 'string' && part !== '').join('\n\n');
}

function cellTexts({ name, record }: Cell, own: Results): readonly (string | false | undefined)[] {
  const heading = `== ${name} ==`;
  return Object.keys(own).length === 0 ? [`${heading}\n  no results`] : [heading, ...sectionTexts(own, record.results)];
}

/** All sections that are there: the study's in its order, then the temperature calibration's, then those of other pipelines. `all`: what these may refer to. */
function sectionTexts(
  results: Results,
  { slope, tBaseUsed, siteShares, numericFloor }: Results = results,
): readonly (string | false | undefined)[] {
  const { calibration, effectiveNoise, tStar, setup, temperatureFit, calibrationScores, siteNoise, activations } = results;
  return [
    calibration && calibrationText(calibration, tBaseUsed),
    setup && setupText(setup),
    effectiveNoise && effectiveNoiseText(effectiveNoise),
    tStar && tStarText(tStar, { slope: slope?.slope == null ? null : { ...slope, slope: slope.slope }, numericFloor }),
    temperatureFit && temperatureFitText(temperatureFit),
    calibrationScores && calibrationScoresText(calibrationScores),
    ...ownSections(results).map(sectionText),
    siteNoise && siteNoiseText(siteNoise, { shares: siteShares ?? [], numericFloor }),
    results.numericFloor && floorText(results.numericFloor),
    activations && activationsText(activations),
  ];
}

function warningsText({ warnings }: RunRecord, cells: readonly Cell[]): string {
  const all = [...warnings, ...cells.flatMap(({ name, record }) => record.warnings.map((warning) => `${name}: ${warning}`))];
  return all.length === 0 ? '' : `Mind:\n${all.map((warning) => `  - ${warning}`).join('\n')}`;
}

function heading(record: RunRecord, cell: string | undefined): string {
  const { run, pipeline, model, dataset, params, status, units, startedAt, endedAt } = record;
  const seconds = (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
  // Why a preferred dataset was left stands in the warnings.
  const questions = dataset && `${dataset.name} ${dataset.split} (${dataset.origin.split(';')[0]})`;
  return [
    `${pipeline}  ${status} in ${formatDuration(seconds)}  ${units.computed} units computed, ${units.hit} from the cache`,
    `  run      ${run}`,
    model && `  model    ${model.name} (${model.origin})`,
    questions && `  dataset  ${questions}`,
    params.seed !== undefined && `  seed     ${String(params.seed)}`,
    cell !== undefined && `  cell     ${cell}`,
    record.cells.length > 0 && `  matrix   ${matrixWords(record)}`,
  ]
    .filter(Boolean)
    .join('\n');
}

function calibrationText({ rows, tBase, identified, sameAsBest }: Calibration, tBaseUsed: number | undefined): string {
  const columns: Column<Calibration['rows'][number]>[] = [
    { header: 'T', cell: (row) => row.temperature.toFixed(2) },
    { header: 'correct', cell: (row) => `${row.correct}/${row.total}` },
    { header: 'accuracy', cell: (row) => percent(row.accuracy) },
    { header: '95 %', cell: (row) => `${percent(row.low)} .. ${percent(row.high)}` },
    { header: '', align: 'left', cell: (row) => (row.temperature === tBase ? '<- T_base' : '') },
  ];
  const verdict = identified
    ? `T_base = ${tBase} (identified: no other temperature is as good on these prompts)`
    : `T_base = ${tBase}, not identified: the exact McNemar test does not tell ${sameAsBest.join(', ')} apart`;
  const used = tBaseUsed === undefined || tBaseUsed === tBase ? '' : `\n  the rest of the run uses T_base = ${tBaseUsed} (param tBase)`;
  return `Step 1: accuracy against temperature\n${renderTable(columns, rows)}\n  ${verdict}${used}`;
}

function setupText(setup: Setup): string {
  const { shape, hiddenStd, hiddenLastStd, cleanLogitsStd, noisyLogitsStd, differenceStd } = setup;
  const numbers = [
    ['hidden state', `[${shape.join(', ')}]`],
    ['hidden std (whole)', hiddenStd.toFixed(4)],
    ['hidden std (last position)', hiddenLastStd.toFixed(4)],
    ['clean logits std', cleanLogitsStd.toFixed(4)],
    ['noisy logits std', noisyLogitsStd.toFixed(4)],
    ['std of the difference', differenceStd.toFixed(4)],
  ];
  const columns: Column<string[]>[] = [
    { header: 'quantity', align: 'left', cell: (row) => row[0]! },
    { header: 'value', cell: (row) => row[1]! },
  ];
  return `Check of the set-up (prompt ${setup.prompt}, head noise ${setup.noise})\n${renderTable(columns, numbers)}`;
}

function effectiveNoiseText(rows: readonly EffectiveNoiseRow[]): string {
  const columns: Column<EffectiveNoiseRow>[] = [
    { header: 'scale', cell: (row) => String(row.scale) },
    { header: 'effective std', cell: (row) => `${row.effectiveStd.toFixed(4)} ± ${row.effectiveStdSd.toFixed(4)}` },
    { header: '95 %', cell: (row) => range(row.effectiveStdLow, row.effectiveStdHigh, 4) },
    { header: 'effective mean', cell: (row) => `${row.effectiveMean.toFixed(6)} ± ${row.effectiveMeanSd.toFixed(6)}` },
    { header: '95 %', cell: (row) => range(row.effectiveMeanLow, row.effectiveMeanHigh, 4) },
    { header: 'preservation', cell: (row) => (row.preservation === null ? '-' : percent(row.preservation)) },
    { header: '', align: 'left', cell: (row) => (row.biased ? 'biased' : '') },
  ];
  return `Step 3: effective noise, from noise at every Linear (mean ± population sd over ${rows[0]?.n ?? 0} draws)\n${renderTable(columns, rows)}`;
}

interface BesideTStar {
  readonly slope: { readonly slope: number; readonly slopeLow: number | null; readonly slopeHigh: number | null } | null;
  readonly numericFloor: NumericFloor | undefined;
}

function tStarText(rows: readonly TStarRow[], { slope, numericFloor }: BesideTStar): string {
  const columns: Column<TStarRow>[] = [
    { header: 'noise', cell: (row) => String(row.noise) },
    { header: 'alpha', cell: (row) => row.alpha.toFixed(4) },
    { header: '95 %', cell: (row) => range(row.alphaLow, row.alphaHigh, 4) },
    { header: 'T*', cell: (row) => row.tStar.toFixed(3) },
    { header: '95 %', cell: (row) => range(row.tStarLow, row.tStarHigh, 3) },
    { header: 'best T (KL)', cell: (row) => row.bestTKl.toFixed(2) },
    { header: 'continuous', cell: (row) => row.bestTKlContinuous.toFixed(3) },
    { header: '95 %', cell: (row) => range(row.bestTKlContinuousLow, row.bestTKlContinuousHigh, 3) },
    { header: 'best T (prob)', cell: (row) => row.bestTProb.toFixed(2) },
    { header: 'match', align: 'left', cell: (row) => (row.match ? '✓' : '✗') },
    {
      header: 'T* holds?',
      align: 'left',
      cell: (row) => (row.atEnd === 0 ? row.verdict : `${row.verdict} (${row.atEnd} of ${row.n} at an end)`),
    },
    floorColumn(numericFloor),
  ];
  const line =
    slope === null
      ? ''
      : `\n  slope of observed on predicted log temperature: ${slope.slope.toFixed(3)} [${range(slope.slopeLow, slope.slopeHigh, 3)}] (1 where T* holds)`;
  return `Step 4: T* = T_base sqrt(1 + alpha) against the best temperatures under head noise\n${renderTable(columns, rows)}${line}`;
}

function temperatureFitText(fit: TemperatureFit): string {
  const { temperature, temperatureLow, temperatureHigh, atEnd, prompts, tokens, nllBefore, nllAfter } = fit;
  const where = atEnd === null ? `95 % ${range(temperatureLow, temperatureHigh, 3)}` : 'an end of the range: the NLL has no minimum inside';
  return [
    `Temperature of the least NLL (${prompts.length} answers, ${tokens} tokens)`,
    `  T = ${temperature.toFixed(4)}  ${where}`,
    `  NLL there ${nllAfter.toFixed(4)} nats per token, ${nllBefore.toFixed(4)} at T = 1`,
  ].join('\n');
}

const MEASURE_NAMES = { nll: 'NLL (nats)', ece: 'ECE', brier: 'Brier score', accuracy: 'accuracy' } as const;

function calibrationScoresText({ temperature, prompts, tokens, verdict, measures }: CalibrationScoresTable): string {
  const columns: Column<CalibrationMeasure>[] = [
    { header: 'measure', align: 'left', cell: (row) => MEASURE_NAMES[row.measure] },
    { header: 'T = 1', cell: (row) => row.before.toFixed(4) },
    { header: '95 %', cell: (row) => range(row.beforeLow, row.beforeHigh, 4) },
    { header: `T = ${temperature.toFixed(3)}`, cell: (row) => row.after.toFixed(4) },
    { header: '95 %', cell: (row) => range(row.afterLow, row.afterHigh, 4) },
    { header: 'change', cell: (row) => row.change.toFixed(4) },
    { header: '95 %', cell: (row) => range(row.changeLow, row.changeHigh, 4) },
  ];
  const sentence = {
    helps: 'the temperature helps: it lowers the NLL of answers that it was not fitted on',
    hurts: 'the temperature hurts: it raises the NLL of answers that it was not fitted on',
    undecided: 'undecided: the NLL of answers that it was not fitted on is not shown to change',
  }[verdict];
  return `Before and after, on ${prompts} other answers (${tokens} tokens)\n${renderTable(columns, measures)}\n  ${sentence}`;
}

/** With every Linear as a group of its own there are hundreds: the strongest say where the noise comes from. */
const STRONGEST_GROUPS = 12;

interface BesideSites {
  readonly shares: readonly SiteShareRow[];
  readonly numericFloor: NumericFloor | undefined;
}

function siteNoiseText(rows: readonly SiteNoiseRow[], { shares, numericFloor }: BesideSites): string {
  const columns: Column<SiteNoiseRow>[] = [
    { header: 'noise at', align: 'left', cell: (row) => (row.everywhere ? 'every Linear' : row.group) },
    { header: 'scale', cell: (row) => String(row.scale) },
    { header: 'effective std', cell: (row) => row.effectiveStd.toFixed(4) },
    { header: '95 %', cell: (row) => range(row.effectiveStdLow, row.effectiveStdHigh, 4) },
    { header: 'alpha', cell: (row) => row.alpha.toFixed(5) },
    { header: '95 %', cell: (row) => range(row.alphaLow, row.alphaHigh, 5) },
    { header: 'share', cell: (row) => (row.share === null ? '-' : percent(row.share)) },
    floorColumn(numericFloor),
  ];
  const parts = shares.map(({ scale, groups, share, shareLow, shareHigh }) => {
    const here = rows.filter((row) => row.scale === scale).sort((a, b) => b.effectiveStd - a.effectiveStd);
    const left = here.length - STRONGEST_GROUPS;
    const more = left > 0 ? `\n  ${left} weaker ones are in the run's table (--json, dashboard)` : '';
    const sum =
      share === null ? '' : `\n  the ${groups} groups account for ${share.toFixed(3)} of the whole [${range(shareLow, shareHigh, 3)}]`;
    return `${renderTable(columns, here.slice(0, STRONGEST_GROUPS))}${more}${sum}`;
  });
  return `Noise at one group of sites at a time (share: of effective std² with noise at every Linear)\n${parts.join('\n')}`;
}

function intervalsNote(all: readonly Results[]): string {
  const has = (section: keyof Results) => all.some((results) => results[section] !== undefined);
  const notes = [
    !has('tStar') && !has('calibration')
      ? ''
      : "Intervals: 95 %, Student's t over prompts (accuracies: Wilson), per scale, uncorrected, given T_base; - where one prompt gives none.",
    !has('siteNoise')
      ? ''
      : "Intervals: 95 %, Student's t over prompts, per group of sites and scale, uncorrected; - where one prompt gives none.",
    !has('calibrationScores')
      ? ''
      : "Intervals: 95 %, jackknife over prompts, Student's t; those of measures and changes given T; - where one prompt gives none.",
  ];
  return notes.filter((note) => note !== '').join('\n');
}

function range(low: number | null, high: number | null, digits: number): string {
  return low === null || high === null ? '-' : `${low.toFixed(digits)} .. ${high.toFixed(digits)}`;
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(1)} %`;
}
