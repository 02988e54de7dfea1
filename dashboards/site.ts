// A static site of all runs: index.html with a line per run, and a page per run under runs/. Every file is self-contained;
// links between them are relative, so that the folder can be opened from disk, zipped, or put on any host.
import { namesOf } from '../artifacts/cell-record.ts';
import type { Results, RunRecord } from '../artifacts/run-record.ts';
import { openDocument } from './build.ts';
import { count, duration, instant, listed } from './format.ts';
import { type Html, html, trusted } from './html.ts';
import { headHtml, themeSwitch } from './page.ts';
import { drawReliabilitySparkline, drawSparkline } from './sparkline.ts';
import { runVerdict } from './verdict.ts';

export const SITE_INDEX = 'index.html';
/** From a run's page back to the index. */
export const HOME = `../${SITE_INDEX}`;

/** The index: records in the order in which they are given. */
export async function buildSiteIndex(records: readonly RunRecord[]): Promise<string> {
  const document = await openDocument();
  const pipelines = [...new Set(records.map(({ pipeline }) => pipeline))];
  return `<!doctype html>\n${
    html`<html lang="en"><head>${headHtml({ title: 'tstar: runs' })}</head>
<body><header class="top"><span class="name">tstar</span><span class="meta">${count(records.length, 'run')}${pipelines.length === 0 ? '' : ` of ${listed(pipelines)}`}</span>${themeSwitch()}</header>
<main><h1>Runs</h1><p class="lead">Newest first. ${pictures(records)}</p>
<section class="card whole">${records.length === 0 ? html`<p>There are no runs yet.</p>` : table(records, document)}</section></main>
<footer><p>Made by tstar. These files make no request.</p></footer></body></html>`.markup
  }\n`;
}

/** Path of a run's page in the site. Injective: whatever is no plain letter becomes its code between underscores. */
export function runPage(run: string): string {
  return `runs/${run.replace(/[^A-Za-z0-9.-]|^\./gu, (character) => `_${character.codePointAt(0)!.toString(16)}_`)}.html`;
}

/** What the small pictures of these runs show. */
function pictures(records: readonly RunRecord[]): string {
  const has = (section: keyof Results) => records.some(({ results }) => results[section] !== undefined);
  return [
    has('tStar')
      ? 'Picture of a study: the line is T*, the dots are the best temperatures (by KL, continuous) with their 95 % intervals, against noise.'
      : '',
    has('reliability')
      ? 'Picture of a calibration: accuracy against confidence, before (hollow) and after (filled); on the line they are the same.'
      : '',
  ].join(' ');
}

function table(records: readonly RunRecord[], document: Document): Html {
  const heads = ['run', 'status', 'verdict', 'picture', 'pipeline', 'model', 'dataset', 'started', 'took'];
  return html`<div class="scroll" tabindex="0" role="region" aria-label="runs"><table class="words runs" data-name="runs"><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>${records.map((record) => row(record, document))}</tbody></table></div>`;
}

function row(record: RunRecord, document: Document): Html {
  const spark = drawSparkline(record.results.tStar, document) ?? drawReliabilitySparkline(record.results.reliability, document);
  return html`<tr><th scope="row"><a href="${runPage(record.run)}">${record.run}</a></th><td><span class="mark ${record.status === 'done' ? '' : 'fails'}">${record.status}</span></td><td>${verdictHtml(record)}</td><td class="spark">${spark === undefined ? '–' : trusted(spark)}</td><td>${record.pipeline}</td><td>${namesOf(record, 'model').join(', ') || '–'}</td><td>${namesOf(record, 'dataset').join(', ') || '–'}</td><td class="when">${instant(record.startedAt)}</td><td class="when">${duration(Date.parse(record.endedAt) - Date.parse(record.startedAt))}</td></tr>`;
}

function verdictHtml(record: RunRecord): Html | string {
  const verdict = runVerdict(record);
  if (verdict === undefined) return '–';
  return html`<span class="mark ${verdict.overall}">${verdict.overall}</span><span class="sub">${verdict.brief}</span>`;
}
