// The sections of a pipeline of one's own as cards: no view draws them, so their numbers stand as tables.
import { type OwnSection, ownSections } from '../artifacts/own-sections.ts';
import type { Results } from '../artifacts/run-record.ts';
import { count, significant } from './format.ts';
import { type Html, html } from './html.ts';
import { exportButtons } from './tables.ts';

/** More rows would be most of the page's bytes. */
const MAX_ROWS = 2000;
/** As an alpha has. */
const DIGITS = 4;

export function ownPanels(results: Results, prefix = ''): readonly Html[] {
  return ownSections(results).map((section) => panel(section, prefix));
}

function panel({ name, columns, rows }: OwnSection, prefix: string): Html {
  const left = rows.length - MAX_ROWS;
  const caption = `${count(rows.length, 'row')}${columns.some(({ hasInterval }) => hasInterval) ? '; below a number its 95 % interval' : ''}.${left > 0 ? ` The first ${MAX_ROWS} are here; tstar show --json has all.` : ''}`;
  return html`<section class="card whole" id="${prefix}own-${name}"><h3>${name}</h3><p class="caption">${caption}</p><div class="scroll" tabindex="0" role="region" aria-label="${name}"><table data-name="${prefix}${name}"><thead><tr>${columns.map(({ field }) => html`<th scope="col" data-name="${field}">${field}</th>`)}</tr></thead><tbody>${rows.slice(0, MAX_ROWS).map((row) => html`<tr>${columns.map((column) => cellHtml(row, column))}</tr>`)}</tbody></table></div><div class="tools">${exportButtons()}</div></section>`;
}

function cellHtml(row: OwnSection['rows'][number], { field, hasInterval }: OwnSection['columns'][number]): Html {
  const [low, high] = [row[`${field}Low`], row[`${field}High`]].map((end) => (typeof end === 'number' ? end : null)) as [
    number | null,
    number | null,
  ];
  const value = row[field] ?? null;
  if (!hasInterval) return html`<td data-value="${dataText(value)}">${cellText(value)}</td>`;
  const interval = low === null || high === null ? 'no interval' : `[${significant(low, DIGITS)}, ${significant(high, DIGITS)}]`;
  return html`<td data-value="${dataText(value)}" data-low="${low}" data-high="${high}">${cellText(value)}<span class="sub">${interval}</span></td>`;
}

function dataText(value: unknown): string {
  return value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}

function cellText(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : significant(value, DIGITS);
  return value === null ? '–' : dataText(value);
}
