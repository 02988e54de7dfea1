// A drawn view as a card of the page: picture in two widths, one per choice of axes, and its numbers folded below.
import { type Html, html, prose, trusted } from './html.ts';
import { foldedTable } from './tables.ts';
import type { Axes, Table, View } from './views/view.ts';

export interface DrawnView {
  readonly view: View;
  readonly caption: string;
  readonly table: Table;
  /** One per choice of axes; the first is shown. */
  readonly drawings: readonly { readonly axes: Axes; readonly wide: string; readonly narrow: string }[];
}

/** `prefix`: of ids, where a page has several figures of one view. */
export function figureHtml({ view, caption, table, drawings }: DrawnView, prefix = ''): Html {
  return html`<figure class="card${view.place === 'whole' ? ' whole' : ''}" id="${prefix}${view.name}" data-section="${view.requires}"><figcaption><h3>${prose(view.title)}</h3><p class="caption">${prose(caption)}</p></figcaption>${drawings.map(
    ({ axes, wide, narrow }, i) =>
      ['wide', 'narrow'].map(
        (size) =>
          html`<div class="drawing ${size}" data-axes="${axes}"${i === 0 ? null : trusted(' hidden')}>${trusted(size === 'wide' ? wide : narrow)}</div>`,
      ),
  )}<div class="tools">${drawings.length < 2 ? null : drawings.map(({ axes }, i) => html`<button type="button" data-axes="${axes}" aria-pressed="${String(i === 0)}">${axes}</button>`)}<button type="button" data-export="svg">SVG</button><button type="button" data-export="png">PNG</button></div>${foldedTable(table, `${prefix}${view.name}`)}</figure>`;
}
