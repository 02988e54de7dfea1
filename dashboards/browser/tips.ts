// Tips: what a mark's title says, beside the pointer; with the arrow keys in a focused figure; a click (or Enter) opens where
// the number comes from.
import { openSource } from './source.ts';

export function startTips(): void {
  const tip = document.querySelector<HTMLElement>('.tip')!;
  const spoken = document.querySelector<HTMLElement>('#spoken')!;
  for (const title of document.querySelectorAll('.drawing svg title')) {
    const mark = title.parentElement as unknown as SVGElement;
    mark.dataset.tip = title.textContent ?? '';
    title.remove();
  }
  const show = (mark: SVGElement): void => {
    tip.textContent = mark.dataset.tip!;
    tip.hidden = false;
    place(tip, mark.getBoundingClientRect());
  };
  const hide = (): void => {
    tip.hidden = true;
  };
  for (const drawing of document.querySelectorAll<HTMLElement>('.drawing')) {
    drawing.tabIndex = 0;
    drawing.setAttribute('role', 'group');
    drawing.setAttribute(
      'aria-label',
      `${drawing.querySelector('svg')?.getAttribute('aria-label') ?? ''}. Arrow keys read the marks, Enter says where one comes from.`,
    );
    let at = -1;
    const marks = (): SVGElement[] =>
      [...drawing.querySelectorAll<SVGElement>('[data-tip]')].filter((mark) => mark.closest('.off') === null);
    drawing.addEventListener('pointerover', (event) => {
      const mark = (event.target as Element).closest<SVGElement>('[data-tip]');
      if (mark === null) hide();
      else show(mark);
    });
    drawing.addEventListener('pointerleave', hide);
    drawing.addEventListener('focusout', hide);
    drawing.addEventListener('click', (event) => {
      const mark = (event.target as Element).closest<SVGElement>('[data-tip]');
      if (mark !== null) openSource(mark);
    });
    drawing.addEventListener('keydown', (event) => {
      if (event.target !== drawing) return;
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const all = marks();
      if (step !== undefined && all.length > 0) {
        at = (at + step + all.length) % all.length;
        show(all[at]!);
        spoken.textContent = all[at]!.dataset.tip!;
        event.preventDefault();
      } else if (event.key === 'Enter' && all[at] !== undefined) openSource(all[at]!);
      else if (event.key === 'Escape') hide();
    });
  }
}

/** Above the mark, inside the window. Through the object model, which the policy allows. */
function place(tip: HTMLElement, mark: DOMRect): void {
  const { width, height } = tip.getBoundingClientRect();
  const left = Math.max(4, Math.min(mark.x + mark.width / 2 - width / 2, document.documentElement.clientWidth - width - 4));
  const above = mark.y - height - 8;
  tip.style.left = `${left + scrollX}px`;
  tip.style.top = `${(above < 0 ? mark.bottom + 8 : above) + scrollY}px`;
}
