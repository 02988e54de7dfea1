// The page's panels that are no figures: the study's summary table, its check of the set-up, and what ran.

import type { CalibrationMeasure } from '../artifacts/calibration-record.ts';
import { matrixWords, namesOf } from '../artifacts/cell-record.ts';
import { FLOORS, isNearFloor, type NumericFloor } from '../artifacts/floor-record.ts';
import type { RunRecord } from '../artifacts/run-record.ts';
import type { TStarRow } from '../artifacts/study-record.ts';
import { actualText, predictedText } from './cost.ts';
import { count, decimals, duration, instant, interval, percent, scientific, signed, sizeText, valueText } from './format.ts';
import { type Html, html, prose } from './html.ts';
import { exportButtons } from './tables.ts';

/** `prefix`, here and below: of ids, where a page has a panel of several cells. The study's summary table: alpha to 4 decimals, T* to 3, best T to 2, its match mark and the verdict. */
export function summaryPanel({ results: { tStar, tBaseUsed, numericFloor } }: RunRecord, prefix = ''): Html | null {
  if (tStar === undefined || tStar.length === 0) return null;
  const estimate = (row: TStarRow, field: 'alpha' | 'tStar' | 'bestTKl' | 'bestTKlContinuous' | 'bestTProb', digits: number): Html =>
    html`<td data-value="${row[field]}" data-low="${row[`${field}Low`]}" data-high="${row[`${field}High`]}">${decimals(row[field], digits)}<span class="sub">${interval(row[`${field}Low`], row[`${field}High`], digits)}</span>${field === 'alpha' && isNearFloor(row.alpha, numericFloor) ? html`<span class="sub">${NEAR_FLOOR}</span>` : null}</td>`;
  return html`<section class="card whole" id="${prefix}summary"><h3>Summary</h3><p class="caption">${prose(`Means over prompts and draws at T_base = ${tBaseUsed ?? '–'}, below each its 95 % interval over prompts.${sayFloor(numericFloor)}`)}</p>
<div class="scroll" tabindex="0" role="region" aria-label="summary"><table data-name="${prefix}summary"><thead><tr>${['noise', 'α', 'T*', 'best T (KL)', 'best T (KL, cont.)', 'best T (prob)', 'study’s mark', 'verdict', 'draws'].map((label) => html`<th scope="col" data-name="${label}">${label}</th>`)}</tr></thead><tbody>${tStar.map(
    (row) =>
      html`<tr data-noise="${row.noise}"><td data-value="${row.noise}">${row.noise}</td>${estimate(row, 'alpha', 4)}${estimate(row, 'tStar', 3)}${estimate(row, 'bestTKl', 2)}${estimate(row, 'bestTKlContinuous', 3)}${estimate(row, 'bestTProb', 2)}<td data-value="${String(row.match)}"><span class="mark ${row.match ? 'match' : 'differs'}">${row.match ? '✓ match' : '✗ no match'}</span></td><td data-value="${row.verdict}"><span class="mark ${row.verdict}">${row.verdict}</span>${row.atEnd > 0 ? html`<span class="sub">${row.atEnd} at an end</span>` : null}</td><td data-value="${row.n}">${row.n}</td></tr>`,
  )}</tbody></table></div><div class="tools">${exportButtons()}</div></section>`;
}

/** What stands beside an alpha that the machine's own noise could be. */
export const NEAR_FLOOR = `below ${FLOORS} × the numeric floor`;

/** What the floor is, where it was measured: it stands beside every alpha. */
export function sayFloor(floor: NumericFloor | undefined): string {
  return floor?.alpha == null ? '' : ` Numeric floor: α = ${scientific(floor.alpha)}.`;
}

/** How people read each measure of calibration. */
export const MEASURE_LABELS: Readonly<Record<CalibrationMeasure['measure'], string>> = {
  nll: 'NLL (nats per token)',
  ece: 'ECE',
  brier: 'Brier score',
  accuracy: 'accuracy',
};

/** What the fitted temperature does to NLL, ECE, Brier score and accuracy. */
export function calibrationPanel({ results: { calibrationScores: scores } }: RunRecord, prefix = ''): Html | null {
  if (scores === undefined) return null;
  const cell = (row: CalibrationMeasure, field: 'before' | 'after' | 'change'): Html =>
    html`<td data-value="${row[field]}" data-low="${row[`${field}Low`]}" data-high="${row[`${field}High`]}">${field === 'change' ? signed(row[field], 4) : decimals(row[field], 4)}<span class="sub">${interval(row[`${field}Low`], row[`${field}High`], 4)}</span></td>`;
  return html`<section class="card whole" id="${prefix}calibration-scores"><h3>Before and after</h3><p class="caption">Over ${count(scores.tokens, 'token')} of ${count(scores.prompts, 'answer')} that the temperature was not fitted on; below each number its 95 % interval over prompts.</p>
<div class="scroll" tabindex="0" role="region" aria-label="calibration before and after"><table data-name="${prefix}calibration-scores"><thead><tr>${['measure', 'T = 1', `T = ${decimals(scores.temperature, 3)}`, 'change'].map((label) => html`<th scope="col" data-name="${label}">${label}</th>`)}</tr></thead><tbody>${scores.measures.map(
    (row) =>
      html`<tr><td data-value="${row.measure}">${MEASURE_LABELS[row.measure]}</td>${cell(row, 'before')}${cell(row, 'after')}${cell(row, 'change')}</tr>`,
  )}</tbody></table></div><div class="tools">${exportButtons()}</div></section>`;
}

/** Step 3's table as the study prints it. */
export function noisePanel({ results: { effectiveNoise } }: RunRecord, prefix = ''): Html | null {
  if (effectiveNoise === undefined || effectiveNoise.length === 0) return null;
  return html`<section class="card" id="${prefix}noise-table"><h3>Effective noise</h3><p class="caption">Mean ± population sd over prompts × draws, as the study prints it; below, the 95 % interval over prompts.</p>
<div class="scroll" tabindex="0" role="region" aria-label="effective noise"><table data-name="${prefix}effective-noise-summary"><thead><tr>${['scale', 'effective std', 'effective mean', 'preservation'].map((label) => html`<th scope="col" data-name="${label}">${label}</th>`)}</tr></thead><tbody>${effectiveNoise.map(
    (row) =>
      html`<tr data-noise="${row.scale}"><td data-value="${row.scale}">${row.scale}</td><td data-value="${row.effectiveStd}" data-low="${row.effectiveStdLow}" data-high="${row.effectiveStdHigh}">${decimals(row.effectiveStd, 4)} ± ${decimals(row.effectiveStdSd, 4)}<span class="sub">${interval(row.effectiveStdLow, row.effectiveStdHigh, 4)}</span></td><td data-value="${row.effectiveMean}" data-low="${row.effectiveMeanLow}" data-high="${row.effectiveMeanHigh}">${decimals(row.effectiveMean, 6)} ± ${decimals(row.effectiveMeanSd, 6)}<span class="sub">${interval(row.effectiveMeanLow, row.effectiveMeanHigh, 4)}${row.biased ? ' biased' : ''}</span></td><td data-value="${row.preservation}" data-low="${row.preservationLow}" data-high="${row.preservationHigh}">${percent(row.preservation, 1)}<span class="sub">${row.preservationLow === null ? 'no interval' : `${percent(row.preservationLow, 0)} to ${percent(row.preservationHigh, 0)}`}</span></td></tr>`,
  )}</tbody></table></div><div class="tools">${exportButtons()}</div></section>`;
}

/** The study's check of the set-up: first prompt, one draw. */
export function setupPanel({ results: { setup } }: RunRecord, prefix = ''): Html | null {
  if (setup === undefined) return null;
  const rows: readonly (readonly [string, string])[] = [
    ['shape of the hidden state', `${setup.shape[0]} × ${setup.shape[1]}`],
    ['hidden std, all positions', decimals(setup.hiddenStd, 4)],
    ['hidden std, last position', decimals(setup.hiddenLastStd, 4)],
    ['std of the clean logits', decimals(setup.cleanLogitsStd, 4)],
    ['std of the noisy logits', decimals(setup.noisyLogitsStd, 4)],
    ['std of the difference', decimals(setup.differenceStd, 4)],
  ];
  return html`<section class="card" id="${prefix}setup"><h3>Check of the set-up</h3><p class="caption">Prompt ${setup.prompt}, draw ${setup.draw}, head noise ${setup.noise}.</p><table data-name="${prefix}setup"><tbody>${rows.map(([name, value]) => html`<tr><th scope="row">${name}</th><td data-value="${value}">${value}</td></tr>`)}</tbody></table></section>`;
}

/** Enough to make every number again: what was asked, with what, where, and what the cache gave. */
export function ranPanel(record: RunRecord, rowDigests: { readonly [section: string]: string }): Html {
  const { model, dataset, bos, units } = record;
  const { numericFloor } = record.results;
  const facts: readonly (readonly [string, Html | string])[] = [
    ['run', html`<span class="mono">${record.run}</span> (${record.status})`],
    ['see it', html`<code>tstar show ${record.run}</code>`],
    [
      'Temporal',
      html`namespace <span class="mono">${record.namespace}</span>, workflow <span class="mono">${record.run}</span>, execution <span class="mono">${record.temporalRunId}</span>${uiLink(record)}`,
    ],
    ['pipeline', html`${record.pipeline}: ${record.description}`],
    ['started', instant(record.startedAt)],
    ['took', duration(Date.parse(record.endedAt) - Date.parse(record.startedAt))],
    ['units', `${units.computed} computed, ${units.hit} from the cache`],
    ...(record.cells.length === 0 ? [] : [['matrix', matrixWords(record)] as const]),
    [
      'model',
      model === null
        ? namesOf(record, 'model').join(', ') || 'none'
        : html`${model.name} (${model.origin})<br><span class="mono">${model.engine}</span>`,
    ],
    [
      'dataset',
      dataset === null
        ? namesOf(record, 'dataset').join(', ') || 'none'
        : html`${dataset.name}, split ${dataset.split}, ${dataset.rows.toLocaleString('en-US')} rows (${dataset.origin})<br><span class="mono">${dataset.digest}</span>`,
    ],
    ...(numericFloor === undefined
      ? []
      : [['numeric floor', numericFloor.alpha === null ? 'not measured' : `α = ${scientific(numericFloor.alpha)}`] as const]),
    ['BOS', bos === null ? '–' : sayBos(bos)],
    ['plan', html`<span class="mono">${record.plan}</span>`],
    ...Object.entries(rowDigests).map(
      ([section, digest]) => [`rows of ${section}`, html`<code>tstar cache get ${digest} --out ${section}.parquet</code>`] as const,
    ),
  ];
  const pairs = (entries: readonly (readonly [string, Html | string])[]): Html =>
    html`<dl>${entries.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
  const values = (object: Readonly<Record<string, unknown>>) =>
    Object.entries(object).map(([name, value]) =>
      name === 'memoryBytes' ? (['memory', sizeText(Number(value))] as const) : ([name, valueText(value)] as const),
    );
  return html`<section class="card whole" id="ran"><h3>What ran</h3>${pairs(facts)}</section>
<section class="card"><h3>Parameters</h3>${pairs(values(record.params))}</section>
<section class="card"><h3>Versions and machine</h3>${pairs([...values(record.versions), ...values(record.machine)])}</section>
<section class="card whole" id="steps"><h3>Steps</h3><p class="caption">Predicted: units to run, work, bytes and generated tokens that the plan named before the run, from what earlier runs recorded (their range in brackets). Actual: what the units that were computed took. Elapsed: from the step’s start to its end, waiting for its turn included.</p><div class="scroll" tabindex="0" role="region" aria-label="steps"><table class="words" data-name="steps"><thead><tr>${['step', 'type', 'reads', 'units', 'hits', 'computed', 'elapsed', 'predicted', 'actual', 'index'].map((label) => html`<th scope="col" data-name="${label}">${label}</th>`)}</tr></thead><tbody>${record.nodes.map(stepRow)}</tbody></table></div><div class="tools">${exportButtons()}</div></section>`;
}

function sayBos({ mode, doubled }: NonNullable<RunRecord['bos']>): string {
  if (mode === 'single') return 'single: one where tokenizer and template both write one';
  return `as the study has it: where tokenizer and template both write one, both stay (${doubled ? 'some' : 'none'} of these prompts ${doubled ? 'carry' : 'carries'} two)`;
}

/** A link is no request; a scheme that a browser would run is left out. */
function uiLink({ uiAddress }: RunRecord): Html | null {
  return uiAddress === null || !/^https?:/.test(uiAddress) ? null : html` <a href="${uiAddress}">in the Temporal UI</a>`;
}

function stepRow(node: RunRecord['nodes'][number]): Html {
  const reads = [...new Set(Object.values(node.inputs).map((input) => input.node))].join(', ');
  const elapsed = node.startedAt === null || node.endedAt === null ? '–' : duration(Date.parse(node.endedAt) - Date.parse(node.startedAt));
  return html`<tr><td>${node.id}</td><td>${node.step} v${node.version}</td><td>${reads || '–'}</td><td>${node.units}</td><td>${node.hit}</td><td>${node.computed}</td><td class="when">${elapsed}</td><td>${prose(predictedText(node))}</td><td>${prose(actualText(node))}</td><td class="mono">${node.index === null ? 'not finished' : node.index.slice(0, 12)}</td></tr>`;
}
