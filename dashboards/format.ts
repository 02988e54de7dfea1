// Numbers as people read them on the page: fixed decimals, a true minus, intervals in brackets, times in words.
import type { Range } from '../artifacts/run-record.ts';

/** `0.0123`, `−0.5`; a dash where there is none. */
export function decimals(value: number | null | undefined, digits: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const text = value.toFixed(digits);
  return (Number(text) === 0 ? text.replace('-', '') : text).replace('-', '−');
}

/** `24,790`, `108.4`, `0.03010`, `3.1e−7`: digits that mean something, of numbers that differ by orders of magnitude. */
export function significant(value: number | null | undefined, digits: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  if (value !== 0 && Math.abs(value) < 1e-4) return scientific(value);
  const kept = value === 0 ? 1 : digits;
  return value.toLocaleString('en-US', { minimumSignificantDigits: kept, maximumSignificantDigits: kept }).replace('-', '−');
}

export function percent(ratio: number | null | undefined, digits: number): string {
  return ratio === null || ratio === undefined ? '–' : `${decimals(ratio * 100, digits)} %`;
}

/** `[0.79, 0.84]`; says so where one prompt gives no interval. */
export function interval(low: number | null, high: number | null, digits: number): string {
  return low === null || high === null ? 'no interval' : `[${decimals(low, digits)}, ${decimals(high, digits)}]`;
}

export function withInterval(value: number, low: number | null, high: number | null, digits: number): string {
  return low === null || high === null ? decimals(value, digits) : `${decimals(value, digits)} ${interval(low, high, digits)}`;
}

/** `81.4 % [66.4 %, 96.3 %]`; one prompt gives no interval. */
export function percentInterval(ratio: number | null, low: number | null, high: number | null, digits: number): string {
  const text = percent(ratio, digits);
  return low === null || high === null ? text : `${text} [${percent(low, digits)}, ${percent(high, digits)}]`;
}

/** `3.1e−13`; 0 is 0. */
export function scientific(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  return value === 0 ? '0' : value.toExponential(1).replace('-', '−');
}

/** With a sign: differences. */
export function signed(value: number, digits: number): string {
  const text = decimals(value, digits);
  return Number(text) > 0 ? `+${text}` : text;
}

export function duration(ms: number): string {
  if (ms < 50) return ms === 0 ? '0 s' : '< 0.1 s';
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${ms < 9950 ? (ms / 1000).toFixed(1) : seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `21,734`; fractions are rounded. */
export function amount(count: number): string {
  // The first number that Intl formats takes a command 20 ms.
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `312 B`, `4.1 kB`, `27.0 MB`: powers of 1000. */
export function sizeText(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3));
  return power === 0 ? `${Math.round(bytes)} B` : `${(bytes / 1000 ** power).toFixed(1)} ${['', 'kB', 'MB', 'GB', 'TB'][power]}`;
}

/** `4.2 s (3.9 s to 5.0 s)`; the median alone where the ends read the same. */
export function rangeText({ median, low, high }: Range, show: (value: number) => string): string {
  return show(low) === show(high) ? show(median) : `${show(median)} (${show(low)} to ${show(high)})`;
}

/** `2026-11-24 02:10:05 UTC`: the same text wherever the page is made. */
export function instant(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}

/** `1 prompt`, `2,000 prompts`. */
export function count(number: number, noun: string): string {
  return `${amount(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** `a, b and c`. */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** A param's value as `--set` takes it, with room to break a long list. */
export function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
