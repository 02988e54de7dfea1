// Filters the generations: by words in the question or response, temperature, and whether the answer was right.

export function startGenerations(): void {
  for (const panel of document.querySelectorAll<HTMLElement>('.generations')) startPanel(panel);
}

function startPanel(panel: HTMLElement): void {
  const field = <T extends HTMLElement>(name: string) => panel.querySelector<T>(`[data-filter=${name}]`)!;
  const [text, temperature, correct, count] = [
    field<HTMLInputElement>('text'),
    field<HTMLSelectElement>('temperature'),
    field<HTMLSelectElement>('correct'),
    field('count'),
  ];
  const apply = (): void => {
    const words = text.value.toLowerCase();
    let shown = 0;
    for (const question of panel.querySelectorAll<HTMLElement>('.question')) {
      const asked = question.querySelector('.asked')!.textContent!.toLowerCase().includes(words);
      let kept = 0;
      for (const response of question.querySelectorAll<HTMLElement>('.response')) {
        const fits =
          (temperature.value === '' || response.dataset.temperature === temperature.value) &&
          (correct.value === '' || response.dataset.correct === correct.value) &&
          (asked || response.textContent!.toLowerCase().includes(words));
        response.hidden = !fits;
        if (fits) kept++;
      }
      question.hidden = kept === 0;
      shown += kept;
    }
    count.textContent = `${shown} shown`;
  };
  for (const control of [text, temperature, correct]) control.addEventListener('input', apply);
  apply();
}
