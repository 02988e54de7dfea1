// Keeps the choice of colours in the address; the style sheet does the rest.
import { readState, writeState } from './address.ts';

export function startTheme(): void {
  const chosen = readState('theme');
  for (const input of document.querySelectorAll<HTMLInputElement>('.theme input')) {
    const name = input.id.replace('theme-', '');
    if (name === chosen) input.checked = true;
    input.addEventListener('change', () => writeState('theme', name === 'system' ? '' : name));
  }
}
