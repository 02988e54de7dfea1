// Singles out one noise level or one prompt in every figure that has it; figures without it stay as they are.
import { readState, writeState } from './address.ts';

const PICKS = ['noise', 'prompt'] as const;

/** What the event `pick` carries: singled out, or no longer where it was. */
export interface Pick {
  readonly pick: (typeof PICKS)[number];
  readonly value: string;
}

export function startHighlight(): void {
  const selects = new Map(PICKS.map((pick) => [pick, document.querySelector<HTMLSelectElement>(`select[data-pick=${pick}]`)]));
  const apply = (): void => {
    for (const [pick, select] of selects) writeState(pick, select?.value ?? '');
    highlight(new Map([...selects].map(([pick, select]) => [pick, select?.value ?? ''])));
  };
  for (const [pick, select] of selects) {
    if (select === null) continue;
    const wanted = readState(pick);
    if ([...select.options].some((option) => option.value === wanted)) select.value = wanted;
    select.addEventListener('change', apply);
  }
  document.querySelector('[data-pick-clear]')?.addEventListener('click', () => {
    for (const select of selects.values()) if (select !== null) select.value = '';
    apply();
  });
  document.addEventListener('pick', (event) => {
    const { pick, value } = (event as CustomEvent<Pick>).detail;
    const select = selects.get(pick);
    if (select == null) return;
    select.value = select.value === value ? '' : value;
    apply();
  });
  highlight(new Map([...selects].map(([pick, select]) => [pick, select?.value ?? ''])));
}

function highlight(chosen: ReadonlyMap<string, string>): void {
  for (const svg of document.querySelectorAll('.drawing svg')) {
    for (const element of svg.querySelectorAll('.dim')) element.classList.remove('dim');
    for (const [pick, value] of chosen) {
      const marks = [...svg.querySelectorAll<SVGElement>(`[data-${pick}]`)];
      if (value === '' || !marks.some((mark) => mark.dataset[pick] === value)) continue;
      for (const mark of marks) if (mark.dataset[pick] !== value) mark.classList.add('dim');
    }
  }
}
