// What a run that captured activations found: where they spread widest, and where the most numbers stand far outside.
import type { ActivationRow } from '../artifacts/activations-record.ts';
import type { Results } from '../artifacts/run-record.ts';
import { count, percent, significant } from './format.ts';
import type { Verdict } from './verdict.ts';

/** undefined where no site was captured. */
export function activationsVerdict({ activations: rows = [] }: Results): Verdict | undefined {
  if (rows.length === 0) return undefined;
  const [widest, farthest] = [greatest(rows, 'std'), greatest(rows, 'outliers')];
  return {
    sentence: `Of ${rows.length} sites the activations spread widest at ${widest.site} (std ${significant(widest.std, 3)}); most outliers are at ${farthest.site} (${percent(farthest.outliers, 2)} of the numbers lie more than 6 std from the mean).`,
    leads: [
      `${count(widest.prompts, 'prompt')}; the largest number at ${widest.site} is ${significant(Math.max(widest.max, -widest.min), 3)} in magnitude.`,
    ],
    overall: 'measured',
    brief: `std up to ${significant(widest.std, 3)} at ${widest.site}`,
  };
}

/** The row where a field is greatest; of at least one row. */
export function greatest(rows: readonly ActivationRow[], field: 'std' | 'outliers'): ActivationRow {
  return rows.reduce((first, row) => (row[field] > first[field] ? row : first));
}
