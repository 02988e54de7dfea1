// Legends that act: a series is hidden or shown, a noise level singled out everywhere. By mouse, Enter or space.
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
        : toggle(item, value);
    item.addEventListener('click', act);
    item.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      act();
    });
  }
}

/** In all drawings of the figure, so that a change of axes or width keeps the choice. */
function toggle(item: SVGElement, series: string): void {
  const figure = item.closest('figure')!;
  const hide = !item.classList.contains('muted');
  for (const twin of figure.querySelectorAll(`.legend [data-key="series:${series}"]`)) {
    twin.classList.toggle('muted', hide);
    twin.setAttribute('aria-pressed', String(!hide));
  }
  for (const mark of figure.querySelectorAll(`svg [data-series="${series}"]`)) mark.classList.toggle('off', hide);
}
