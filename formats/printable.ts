// A name out of a foreign file, fit for an error line or a terminal: no control characters, no endless text.

const MAX_CHARS = 120;

export function printable(name: string | null | undefined): string {
  const safe = [...(name ?? '')].map((character) => (isControl(character) ? '?' : character)).join('');
  return safe.length <= MAX_CHARS ? safe : `${safe.slice(0, MAX_CHARS)}...`;
}

/** C0, C1, line and paragraph separators, and marks that turn the direction of text. */
function isControl(character: string): boolean {
  return /[\p{Cc}\p{Cf}\u2028\u2029]/u.test(character);
}
