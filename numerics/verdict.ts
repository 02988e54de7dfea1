// The verdict of theory against measurement, per noise level, from the interval of d = observed - predicted temperature over
// prompts (EXPERIMENT.md, "What the study leaves out").
import type { Interval } from './intervals.ts';

/** How far the two temperatures may lie apart: the study's own mark, which it puts on the means. */
const MARGIN = 0.15;

export type Verdict = 'holds' | 'fails' | 'undecided';

/**
 * `fails` when the whole interval lies beyond 0.15 on one side, `holds` when it lies within [-0.15, 0.15], else `undecided`: so
 * too without an interval (one prompt), with NaN, and where any draw's optimum lay at an end of the search (`atEnd` counts them).
 */
export function verdict({ low, high }: Pick<Interval, 'low' | 'high'>, { atEnd }: { readonly atEnd: number }): Verdict {
  if (low === null || high === null || atEnd > 0) return 'undecided';
  if (low > MARGIN || high < -MARGIN) return 'fails';
  return -MARGIN <= low && high <= MARGIN ? 'holds' : 'undecided';
}

export type ChangeVerdict = 'helps' | 'hurts' | 'undecided';

/** Of something that is better when smaller: `helps` when the whole interval of its change lies below 0, `hurts` when above, else `undecided`. */
export function changeVerdict({ low, high }: Pick<Interval, 'low' | 'high'>): ChangeVerdict {
  if (low === null || high === null) return 'undecided';
  return high < 0 ? 'helps' : low > 0 ? 'hurts' : 'undecided';
}
