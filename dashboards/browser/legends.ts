// Legends that act: a series is hidden or shown, a noise level singled out everywhere. By mouse, Enter or space. Which series
// a figure hides stands in the address: `#hidden-t-star=bestTProb`.
import { readState, writeState } from './address.ts';
import type { Pick } from './highlight.ts';

export function startLegends(): void {
  for (const item of document.querySelectorAll<SVGElement>('.legend [data-key]')) {
    const [kind, value] = item.dataset.key!.split(/:(.*)/s) as [string, string];
    item.setAttribute('tabindex', '0');
    item.setAttribute('role', 'button');
    item.setAttribute('aria-label', `${kind === 'noise' ? 'highlight' : 'show or hide'} ${item.textContent}`);
    if (kind === 'series') item.setAttribute('aria-pressed', 'true');
    // A picture as a whole would hide its buttons from screen readers.
    item.closest('svg')?.setAttribute('role', 'group');
    const act = (): void =>
      kind === 'noise'
        ? void document.dispatchEvent(new CustomEvent<Pick>('pick', { detail: { pick: 'noise', value } }))
        : toggle(item.closest('figure')!, value);
    item.addEventListener('click', act);
    item.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      act();
    });
  }
  for (const figure of document.querySelectorAll<HTMLElement>('figure.card')) {
    const hidden = new Set(readState(stateName(figure)).split(','));
    for (const series of new Set(Array.from(legendItems(figure), seriesOf)))
      if (hidden.has(encodeURIComponent(series))) toggle(figure, series);
  }
}

/** In all drawings of the figure, so that a change of axes or width keeps the choice. */
function toggle(figure: HTMLElement, series: string): void {
  const items = [...legendItems(figure)];
  const hide = items.some((item) => seriesOf(item) === series && !item.classList.contains('muted'));
  for (const twin of items.filter((item) => seriesOf(item) === series)) {
    twin.classList.toggle('muted', hide);
    twin.setAttribute('aria-pressed', String(!hide));
  }
  for (const mark of figure.querySelectorAll(`svg [data-series="${CSS.escape(series)}"]`)) mark.classList.toggle('off', hide);
  const hidden = new Set(items.filter((item) => item.classList.contains('muted')).map(seriesOf));
  writeState(stateName(figure), Array.from(hidden, encodeURIComponent).join(','));
}

function legendItems(figure: HTMLElement): NodeListOf<SVGElement> {
  return figure.querySelectorAll<SVGElement>('.legend [data-key^="series:"]');
}

function seriesOf(item: SVGElement): string {
  return item.dataset.key!.slice('series:'.length);
}

function stateName(figure: HTMLElement): string {
  return `hidden-${figure.id}`;
}
