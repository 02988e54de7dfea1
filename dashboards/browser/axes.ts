// Shows a figure's drawing for the chosen axes; all of them are on the page.
import { readState, writeState } from './address.ts';

export function startAxes(): void {
  for (const figure of document.querySelectorAll<HTMLElement>('figure.card')) {
    const choose = (axes: string): void => {
      for (const drawing of figure.querySelectorAll<HTMLElement>('.drawing')) drawing.hidden = drawing.dataset.axes !== axes;
      for (const button of figure.querySelectorAll<HTMLElement>('button[data-axes]'))
        button.setAttribute('aria-pressed', String(button.dataset.axes === axes));
    };
    const buttons = [...figure.querySelectorAll<HTMLElement>('button[data-axes]')];
    for (const button of buttons)
      button.addEventListener('click', () => {
        choose(button.dataset.axes!);
        writeState(`axes-${figure.id}`, button === buttons[0] ? '' : button.dataset.axes!);
      });
    const chosen = readState(`axes-${figure.id}`);
    if (buttons.some((button) => button.dataset.axes === chosen)) choose(chosen);
  }
}
