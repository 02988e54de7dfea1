// Which share of a whole a part accounts for, over prompts and draws: a ratio of means, with an interval from the jackknife
// over prompts (the part and the whole of one draw belong together).
import type { Interval } from './intervals.ts';
import { jackknifeOverPrompts } from './jackknife.ts';

export interface ShareDraw {
  readonly prompt: number;
  readonly part: number;
  readonly whole: number;
}

export interface Share extends Interval {
  readonly share: number | null;
}

/**
 * share = mean(part) / mean(whole), all draws alike; parts and wholes are not negative, so the low end is at least 0. null where
 * the mean whole is 0 (so too without draws); no interval with one prompt. NaN in, NaN out.
 *
 * @example shareOf([{ prompt: 0, part: 1, whole: 2 }, { prompt: 1, part: 1, whole: 6 }]) // share 0.25
 */
export function shareOf(draws: readonly ShareDraw[]): Share {
  const { low, high, se } = jackknifeOverPrompts(draws, ratio);
  return { share: ratio(draws), low: low === null ? null : Math.max(0, low), high, se };
}

function ratio(draws: readonly ShareDraw[]): number | null {
  const [parts, wholes] = draws.reduce(([part, whole], draw) => [part + draw.part, whole + draw.whole], [0, 0]);
  return wholes === 0 ? null : parts / wholes;
}
