// The page's shell: head with the policy that forbids every request, the opening verdict, figures, panels, the data as
// JSON, and the one script. Hashes of script and style go into the policy: nothing else on the page can run.
import { createHash } from 'node:crypto';
import { namesOf } from '../artifacts/cell-record.ts';
import { ownSections } from '../artifacts/own-sections.ts';
import type { RunRecord } from '../artifacts/run-record.ts';
import type { Calibration } from '../artifacts/study-record.ts';
import { cellsHtml, cellWarnings, type DrawnCell } from './cells-html.ts';
import { comparedViews } from './compared/all.ts';
import { comparisonPanel } from './compared/panel.ts';
import type { DashboardData } from './data.ts';
import { embedded } from './embedded.ts';
import { type DrawnView, figureHtml } from './figure-html.ts';
import { instant } from './format.ts';
import { breakingAtDots, type Html, html, prose, scriptJson, trusted } from './html.ts';
import { ranPanel } from './panels.ts';
import { type ResultsHtml, resultsHtml } from './results-html.ts';
import { style } from './style.ts';
import { runVerdict } from './verdict.ts';

/** All figures of a page. */
export interface DrawnPage {
  readonly views: readonly DrawnView[];
  /** Cells of a matrix in their order. */
  readonly cells: readonly DrawnCell[];
  /** Cells beside each other. */
  readonly beside: readonly DrawnView[];
}

export interface PageOptions {
  /** Relative address of the index, where the page is part of a site. */
  readonly home?: string;
  /** Figures of a matrix's cells on one page, in letters of SVG; further cells have pages of their own. */
  readonly cellLetters?: number;
}

export function pageHtml(data: DashboardData, page: DrawnPage, script: string, { home }: PageOptions = {}): string {
  const { record } = data;
  const drawn = page.views;
  const figure = (name: string) => drawn.filter(({ view }) => view.name === name).map((item) => figureHtml(item));
  const compared = drawn.filter(({ view }) => comparedViews.includes(view)).map((item) => figureHtml(item));
  const results = resultsHtml(data, drawn);
  return `<!doctype html>\n${
    html`<html lang="en"><head>${headHtml({ title: `${record.pipeline}: ${record.run}`, script })}</head>
<body><a class="skip" href="#figures">Skip to the figures</a>
<header class="top">${home === undefined ? null : html`<a href="${home}">All runs</a>`}<span class="name">${record.pipeline}</span><span class="meta">${headline(data)}</span>${themeSwitch()}</header>
<main>${banner(data)}${opening(data)}${picker(data)}
${page.cells.length > 0 ? cellsHtml(data, page) : plainHtml(results)}
${(data.compared ?? []).length === 0 ? null : html`<h2 id="compared">Compared runs</h2><div class="cards">${compared}${comparisonPanel(data)}</div>`}
${page.cells.length > 0 || results.tables.length === 0 ? null : html`<h2>Tables</h2><div class="cards">${results.tables}</div>`}
<h2>Where it comes from</h2><div class="cards">${figure('cells')}${figure('step-graph')}${figure('timeline')}${ranPanel(record, data.rowDigests ?? {})}</div></main>
<footer>${statistics([record, ...(data.cells ?? []).map((cell) => cell.record)])}<p>Made by tstar from run <span class="mono">${record.run}</span>. This file makes no request; the run record and rows are in it as JSON.</p></footer>
<div class="tip" hidden></div><div class="visually-hidden" aria-live="polite" id="spoken"></div><dialog id="source" aria-label="Where this number comes from"></dialog>
<script type="application/json" id="data">${scriptJson(embedded(data))}</script></body></html>`.markup
  }\n`;
}

function plainHtml({ wide, figures, tables }: ResultsHtml): Html {
  if (figures.length > 0)
    return html`<div class="cards">${wide}</div>
<h2 id="figures">Figures</h2><div class="cards">${figures}</div>`;
  if (wide.length > 0) return html`<div class="cards" id="figures">${wide}</div>`;
  return tables.length > 0 ? html`<div id="figures"></div>` : html`<p class="lead" id="figures">This run has no tables to draw.</p>`;
}

/** Head of a page that makes no request: nothing runs but `script`, which it carries, nothing styles but our sheet. */
export function headHtml({ title, script }: { readonly title: string; readonly script?: string }): Html {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const scripts = script === undefined ? '' : `script-src ${hash(script)}; `;
  const policy = `default-src 'none'; ${scripts}style-src ${hash(style)}; img-src data: blob:; base-uri 'none'; form-action 'none'`;
  return html`<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer"><title>${title}</title><link rel="icon" href="data:,"><style>${trusted(style)}</style>${script === undefined ? null : html`<script>${trusted(script)}</script>`}`;
}

function headline({ record }: DashboardData): string {
  return [...namesOf(record, 'model'), ...namesOf(record, 'dataset'), instant(record.startedAt), record.run].join(' · ');
}

/** Radio buttons that the style sheet alone obeys: the switch works with scripts off. */
export function themeSwitch(): Html {
  return html`<fieldset class="theme"><legend class="visually-hidden">Colours</legend>${['system', 'light', 'dark'].map(
    (name, i) =>
      html`<label><input type="radio" name="theme" id="theme-${name}"${i === 0 ? trusted(' checked') : null}><span>${name}</span></label>`,
  )}</fieldset>`;
}

/** What a reader must know before the first number: the run did not finish, or warned. */
function banner({ record, cells = [] }: DashboardData): Html {
  const warnings = cells.length === 0 ? [...record.warnings, ...unsaid(record)] : [...record.warnings, ...cellWarnings(cells, unsaid)];
  const unfinished = record.nodes.filter((node) => node.index === null).map(({ id }) => id);
  return html`${
    record.status === 'done'
      ? null
      : html`<div class="banner" role="alert"><p><b>This run ${record.status === 'failed' ? 'failed' : 'was cancelled'}.</b> What it had finished is shown${unfinished.length === 0 ? '' : `; not finished: ${unfinished.join(', ')}`}.</p>${record.error === null || record.error === record.status ? null : html`<p class="mono">${record.error}</p>`}</div>`
  }${warnings.length === 0 ? null : html`<div class="banner warning"><p><b>Warnings</b></p><ul>${warnings.map((warning) => html`<li>${prose(warning)}</li>`)}</ul></div>`}`;
}

/** What changes the meaning of the numbers is said even where the run did not warn of it. */
function unsaid({ warnings, bos, dataset, results: { calibration } }: RunRecord): string[] {
  const said = (pattern: RegExp) => warnings.some((warning) => pattern.test(warning));
  return [
    ...(bos?.doubled && !said(/BOS/i) ? ['some prompts carry two BOS tokens, as in the study (bos: single keeps one)'] : []),
    ...(dataset !== null && dataset.preference.length > 0 && dataset.preference[0] !== dataset.name && !said(/dataset|questions/i)
      ? [`the questions are ${dataset.name}: ${dataset.preference[0]} could not be reached`]
      : []),
    ...(calibration !== undefined && !calibration.identified && !said(/not identified/)
      ? ['T_base is not identified by the calibration']
      : []),
  ];
}

function opening(data: DashboardData): Html {
  const { record, cells = [] } = data;
  const { calibration } = record.results;
  const verdict = runVerdict(record);
  const leads = [...(verdict?.leads ?? []), ...(calibration === undefined ? [] : [sayTBase(calibration)])];
  const none =
    cells.length > 0
      ? 'no verdict, because its cells have no tables to draw one from'
      : 'no verdict, because this run has no table to draw one from';
  const asked = ownSections(record.results).length > 0 ? record.description : '';
  const sentence = verdict?.sentence ?? (asked === '' ? `${record.pipeline}: ${none}.` : asked);
  return html`<div class="claim ${verdict?.overall ?? ''}"><h1>${breakingAtDots(prose(sentence))}</h1></div>${leads.map((lead) => html`<p class="lead">${prose(lead)}</p>`)}`;
}

function sayTBase({ identified, tBase, sameAsBest, rows }: Calibration): string {
  return identified
    ? `Calibration found T_base = ${tBase}.`
    : `Calibration does not identify T_base: ${tBase} came first, but ${sameAsBest.length - 1} other temperatures of ${rows.length} cannot be told apart from it.`;
}

/** Singles out one noise level or prompt in all figures; the choice is in the address. */
function picker(data: DashboardData): Html | null {
  const parts = [data, ...(data.cells ?? [])];
  const numbers = (of: (part: DashboardData) => readonly number[]) => [...new Set(parts.flatMap(of))].sort((a, b) => a - b);
  const levels = numbers(({ record, tStarDraws = [], effectiveNoiseDraws = [] }) => [
    ...(record.results.tStar ?? []).map(({ noise }) => noise),
    ...(record.results.effectiveNoise ?? []).map(({ scale }) => scale),
    ...tStarDraws.map(({ noise }) => noise),
    ...effectiveNoiseDraws.map(({ scale }) => scale),
  ]);
  const prompts = numbers(({ tStarDraws = [], effectiveNoiseDraws = [] }) =>
    [...tStarDraws, ...effectiveNoiseDraws].map(({ prompt }) => prompt),
  );
  const select = (name: string, label: string, values: readonly number[]) =>
    values.length === 0
      ? null
      : html`<label>${label} <select data-pick="${name}"><option value="">all</option>${values.map((value) => html`<option>${value}</option>`)}</select></label>`;
  if (levels.length === 0 && prompts.length === 0) return null;
  return html`<nav class="picker" aria-label="Highlight in all figures">Highlight ${select('noise', 'noise', levels)}${select('prompt', 'prompt', prompts)}<button type="button" data-pick-clear>Clear</button></nav>`;
}

const STUDY_NOTE =
  'Intervals are 95 %: Student t over prompts (draws of one prompt are not independent), per noise level, uncorrected for the number of levels, given T_base; of T* by the ends of α’s. Accuracies carry Wilson’s interval; temperatures are told apart by the exact McNemar test on the same prompts. One prompt gives no interval. Verdict: fails where the interval of observed − predicted lies beyond ±0.15, holds where it lies within, else undecided; undecided too where the best temperature of any draw lies at an end of the range from 0.02 to 50. KL is in nats.';
const SITE_NOTE =
  'Intervals are 95 %: Student t over prompts (draws of one prompt are not independent), per group of sites and scale, uncorrected for their number. One prompt gives no interval.';
const ACTIVATIONS_NOTE =
  'Every number is over all positions and channels of a prompt, then the mean over prompts; least and greatest are over all prompts. Intervals are 95 %: Student t over prompts, per site, uncorrected for the number of sites. One prompt gives no interval. An outlier lies more than 6 std from the mean of its prompt’s numbers.';
const CALIBRATION_NOTE =
  'Every token of a reference answer is one prediction. Intervals are 95 %, by the jackknife over prompts (tokens of one answer are not independent), Student t; those of measures and changes are given T. ECE: 15 bins of equal width of the confidence (Guo et al. 2017); it is biased upward on few tokens. Brier score over the whole vocabulary, from 0 to 2. Verdict: helps where the interval of the NLL’s change lies below 0, hurts where above, else undecided. NLL is in nats per token.';

function statistics(records: readonly RunRecord[]): Html | null {
  const has = (section: keyof RunRecord['results']) => records.some(({ results }) => results[section] !== undefined);
  const isStudy = has('calibration') || has('effectiveNoise') || has('tStar');
  const notes = [
    ...(isStudy ? [STUDY_NOTE] : []),
    ...(has('calibrationScores') ? [CALIBRATION_NOTE] : []),
    ...(has('siteNoise') ? [SITE_NOTE] : []),
    ...(has('activations') ? [ACTIVATIONS_NOTE] : []),
  ];
  return notes.length === 0 ? null : html`<h2>How to read the numbers</h2>${notes.map((note) => html`<p>${prose(note)}</p>`)}`;
}
