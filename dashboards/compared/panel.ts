// The comparison's tables on the page: which run is which, what they were asked, and by how much their results differ.
import type { DashboardData } from '../data.ts';
import { instant } from '../format.ts';
import { type Html, html } from '../html.ts';
import { exportButtons, tableHtml } from '../tables.ts';
import type { Table } from '../views/view.ts';
import { effectiveNoiseDifferences, settingsDifferences, temperatureDifferences } from './differences.ts';
import { comparedRuns } from './runs.ts';

export function comparisonPanel(data: DashboardData): Html {
  const runs = comparedRuns(data);
  return html`<section class="card whole" id="compared-runs"><h3>Runs</h3><p class="caption">A is this page’s run; the others have pages of their own.</p><dl>${runs.map(
    ({ letter, data: { record } }) =>
      html`<dt>${letter}</dt><dd><span class="mono">${record.run}</span> ${record.pipeline}, ${record.model?.name ?? 'no model'}, ${record.dataset?.name ?? 'no dataset'}, ${instant(record.startedAt)}${record.status === 'done' ? '' : `, ${record.status}`}</dd>`,
  )}</dl></section>${differencePanels(data)}`;
}

/** By how much the others differ from A. */
export function differencePanels(data: DashboardData): Html {
  return html`
${tableSection('compared-settings', 'What they were asked', 'Settings that are not the same; all others are.', settingsDifferences(data), 'words')}
${tableSection('differences-t-star', 'Differences of T* and best T', 'Each run less A, at the noise levels that both have. Low and high: 95 %, paired over prompts; none where the prompts are not the same.', temperatureDifferences(data))}
${tableSection('differences-effective-noise', 'Differences of effective noise', 'Each run less A, as above.', effectiveNoiseDifferences(data))}`;
}

function tableSection(name: string, title: string, caption: string, table: Table, kind = ''): Html | null {
  if (table.rows.length === 0) return null;
  return html`<section class="card whole ${kind}" id="${name}"><h3>${title}</h3><p class="caption">${caption}</p>${tableHtml(table, { name })}<div class="tools">${exportButtons()}</div></section>`;
}
