// The cells of a matrix on the page: a line per cell with its verdict on top, cells beside each other where there are few, what
// all cells share, then a section per cell. Cells that would make the page too large are named with the command that shows them.
import { matrixOf } from '../artifacts/cell-record.ts';
import type { Results, RunRecord } from '../artifacts/run-record.ts';
import { differencePanels } from './compared/panel.ts';
import type { CellData, DashboardData } from './data.ts';
import { type DrawnView, figureHtml } from './figure-html.ts';
import { type Html, html, prose, trusted } from './html.ts';
import type { DrawnPage } from './page.ts';
import { resultsHtml } from './results-html.ts';
import { exportButtons } from './tables.ts';
import { verdictOf } from './verdict.ts';

export interface DrawnCell {
  readonly data: CellData;
  /** Its own sections: what all cells share is drawn once. */
  readonly own: Results;
  /** The small picture of its line, as SVG text. */
  readonly spark: string | undefined;
  /** Its figures; undefined where the page is full. */
  readonly views: readonly DrawnView[] | undefined;
}

export function cellsHtml(data: DashboardData, { views, cells, beside }: DrawnPage): Html {
  const shared = resultsHtml(data, views);
  const common = [...shared.wide, ...shared.figures, ...shared.tables];
  const drawn = cells.filter((cell) => cell.views !== undefined);
  const left = cells.filter((cell) => cell.views === undefined);
  return html`${cellsTable(data, cells)}
${beside.length === 0 ? null : html`<h2 id="beside">Cells beside each other</h2><div class="cards" data-cells>${beside.map((item) => figureHtml(item))}${differencePanels(besideData(data.cells ?? []))}</div>`}
${common.length === 0 ? null : html`<h2 id="shared">In all cells</h2><div class="cards">${common}</div>`}
<div id="figures">${drawn.map((cell) => cellSection(cell, cells.indexOf(cell)))}</div>
${left.length === 0 ? null : html`<h2>Other cells</h2><p class="lead">${left.length} cells are left out here to keep the page small; the table above has their verdicts. <code>tstar dashboard ${data.record.run} --cell CELL --out FOLDER</code> makes the page of one: ${left.map(({ data: { label } }) => label).join('; ')}.</p>`}`;
}

/** The first cell with the others as runs that are compared with it. */
export function besideData(cells: readonly CellData[]): DashboardData {
  return { ...cells[0]!, compared: cells.slice(1) };
}

function cellsTable({ record }: DashboardData, cells: readonly DrawnCell[]): Html {
  const params = Object.keys(matrixOf(record));
  const heads = [...params, 'verdict', 'picture', 'what it found'];
  return html`<section class="card whole" id="cells-table"><h2>Cells</h2><div class="scroll" tabindex="0" role="region" aria-label="cells"><table class="words grid" data-name="matrix"><thead><tr>${heads.map((head) => html`<th scope="col" data-name="${head}">${head}</th>`)}</tr></thead><tbody>${cells.map((cell, i) => cellRow(cell, i, params))}</tbody></table></div><div class="tools">${exportButtons()}</div></section>`;
}

function cellRow({ data: { record, texts }, spark, views }: DrawnCell, place: number, params: readonly string[]): Html {
  const verdict = verdictOf(record.results);
  const values = params.map((name) => texts[name] ?? '');
  const first = values[0] ?? '';
  return html`<tr><th scope="row" data-value="${first}">${views === undefined ? first : html`<a href="#cell-${place}">${first}</a>`}</th>${values.slice(1).map((value) => html`<td>${value}</td>`)}<td data-value="${verdict?.overall ?? ''}"><span class="mark ${verdict?.overall ?? ''}">${verdict?.overall ?? '–'}</span></td><td class="spark" data-value="">${spark === undefined ? '–' : trusted(spark)}</td><td>${prose(verdict?.brief ?? 'no result')}</td></tr>`;
}

function cellSection({ data, own, views = [] }: DrawnCell, place: number): Html {
  const { wide, figures, tables } = resultsHtml(data, views, { prefix: `cell-${place}-`, only: own });
  const verdict = verdictOf(data.record.results);
  const all = [...wide, ...figures, ...tables];
  return html`<section class="cell" id="cell-${place}" data-cell="${place}" aria-labelledby="cell-${place}-name"><h2 id="cell-${place}-name">${data.label}</h2>${
    verdict === undefined
      ? null
      : html`<div class="claim ${verdict.overall}"><p>${prose(verdict.sentence)}</p></div>${verdict.leads.map((lead) => html`<p class="lead">${prose(lead)}</p>`)}`
  }${all.length === 0 ? html`<p class="lead">This cell has no tables to draw.</p>` : html`<div class="cards">${all}</div>`}<p class="lead"><a href="#cells-table">All cells</a></p></section>`;
}

/** What cells warn of: once where all do, else with the cell's name. */
export function cellWarnings(cells: readonly CellData[], unsaid: (record: RunRecord) => readonly string[]): readonly string[] {
  const all = cells.map(({ label, record }) => ({ label, warnings: [...record.warnings, ...unsaid(record)] }));
  const texts = [...new Set(all.flatMap(({ warnings }) => warnings))];
  return texts.flatMap((text) => {
    const labels = all.filter(({ warnings }) => warnings.includes(text)).map(({ label }) => label);
    return labels.length === cells.length ? [text] : [`${labels.join('; ')}: ${text}`];
  });
}
