// Tables as markup: cells for people, the number itself in the data element, which the page's CSV export reads.
import { type Html, html, prose } from './html.ts';
import type { Cell, Column, Table } from './views/view.ts';

export function tableHtml({ columns, rows }: Table, { name, caption }: { readonly name: string; readonly caption?: string }): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption ?? 'data'}"><table data-name="${name}">${caption === undefined ? null : html`<caption>${prose(caption)}</caption>`}<thead><tr>${columns.map(
    (column) => html`<th scope="col" data-name="${column.name}">${prose(column.label)}</th>`,
  )}</tr></thead><tbody>${rows.map((row) => html`<tr>${columns.map((column, i) => cellHtml(column, row[i] ?? null))}</tr>`)}</tbody></table></div>`;
}

/** Rows of a folded table: more would be most of the page's bytes. */
const FOLDED_ROWS = 2000;

/** The table folded under its figure; a long one is cut, and says where all of it is. */
export function foldedTable({ columns, rows }: Table, name: string): Html {
  const left = rows.length - FOLDED_ROWS;
  return html`<details><summary>Data table</summary>${
    left <= 0
      ? null
      : html`<p class="caption">The first ${FOLDED_ROWS} of ${rows.length} rows; <code>tstar dashboard RUN --figures FOLDER</code> writes all of them as CSV.</p>`
  }${tableHtml({ columns, rows: rows.slice(0, FOLDED_ROWS) }, { name })}<div class="tools">${exportButtons()}</div></details>`;
}

export function exportButtons(): Html {
  return html`<button type="button" data-export="csv">CSV</button><button type="button" data-export="markdown">Copy Markdown</button><button type="button" data-export="latex">Copy LaTeX</button>`;
}

function cellHtml({ show }: Column, cell: Cell): Html {
  const text = show === undefined || (cell === null && show === undefined) ? (cell === null ? '–' : String(cell)) : show(cell);
  return html`<td data-value="${cell === null ? '' : String(cell)}">${text}</td>`;
}
