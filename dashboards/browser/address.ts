// The page's state lives in its address after #, so that a link shows what its sender saw: `#noise=0.5&theme=dark`.

export function readState(name: string): string {
  return new URLSearchParams(location.hash.slice(1)).get(name) ?? '';
}

/** Replaces the entry in the history: going back leaves the page. */
export function writeState(name: string, value: string): void {
  const state = new URLSearchParams(location.hash.includes('=') ? location.hash.slice(1) : '');
  if (value === '') state.delete(name);
  else state.set(name, value);
  const text = state.toString();
  history.replaceState(null, '', text === '' ? location.pathname + location.search : `#${text}`);
}
