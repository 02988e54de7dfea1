// Tips: what a mark's title says, beside the pointer; with the arrow keys in a focused figure; a click (or Enter) opens where
// the number comes from: step, digest, run and command.
import type { RunRecord } from '../../artifacts/run-record.ts';

interface EmbeddedRun {
  readonly record: RunRecord;
  readonly rowDigests: { readonly [section: string]: string };
}
interface Embedded extends EmbeddedRun {
  readonly compared: readonly EmbeddedRun[];
}

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

function openSource(mark: SVGElement): void {
  const embedded = JSON.parse(document.querySelector('#data')!.textContent!) as Embedded;
  // A mark of a compared run says which; all others are of the page's own.
  const { record, rowDigests } = embedded.compared[Number(mark.dataset.run ?? 0) - 1] ?? embedded;
  const section = mark.closest<HTMLElement>('figure')?.dataset.section ?? 'run';
  const node = record.nodes.find(({ id }) => id === (mark.dataset.node ?? record.sections[section]?.node));
  const dialog = document.querySelector<HTMLDialogElement>('#source')!;
  const facts: [string, string][] = [
    [
      'cell',
      Object.entries({ ...mark.dataset })
        .filter(([name]) => !['tip', 'node', 'run'].includes(name))
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
    ],
    ['step', node === undefined ? '' : `${node.id} (${node.step}, version ${node.version})`],
    ['index', node?.index ?? ''],
    ['rows', rowDigests[section] ?? ''],
    ['run', record.run],
    ['Temporal', `${record.namespace} / ${record.run} / ${record.temporalRunId}`],
    ['command', `tstar show ${record.run}`],
  ];
  const list = document.createElement('dl');
  for (const [name, value] of facts) if (value !== '') list.append(element('dt', name), element('dd', value));
  const close = element('button', 'Close');
  close.addEventListener('click', () => dialog.close());
  dialog.replaceChildren(element('pre', mark.dataset.tip ?? ''), list, close);
  dialog.showModal();
}

function element(name: string, text: string): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
