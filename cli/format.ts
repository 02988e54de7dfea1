// Amounts as people read them in a terminal.
import type { Range } from '../activities/unit-price.ts';

/** `4.2 s`, `3 min 05 s`, `2 h 10 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(Math.floor(seconds % 60)).padStart(2, '0')} s`;
  return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')} min`;
}

/** `312 B`, `4.1 kB`, `27.0 MB`, `3.5 GB`: powers of 1000, as disks are sold. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3));
  return power === 0 ? `${bytes} B` : `${(bytes / 1000 ** power).toFixed(1)} ${['', 'kB', 'MB', 'GB', 'TB'][power]}`;
}

/** `21,734`; fractions are rounded. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** `4.2 s (3.9 s to 5.0 s)`; the median alone where all three read the same. */
export function rangeText({ median, low, high }: Range, format: (value: number) => string): string {
  const ends = format(low) === format(high) ? '' : ` (${format(low)} to ${format(high)})`;
  return `${format(median)}${ends}`;
}
