// What a run with noise at one group of Linears at a time found: which group makes most of the noise at the head.
import type { Results } from '../artifacts/run-record.ts';
import { percent } from './format.ts';
import type { Verdict } from './verdict.ts';

/** Of the smallest scale, where the noises of the groups add up best. undefined where no group has a share. */
export function siteVerdict({ siteNoise = [], siteShares = [] }: Results): Verdict | undefined {
  const scale = Math.min(...siteNoise.map((row) => row.scale));
  const groups = siteNoise.flatMap((row) =>
    row.scale === scale && !row.everywhere && row.share !== null ? [{ ...row, share: row.share }] : [],
  );
  if (groups.length === 0) return undefined;
  const most = groups.reduce((first, row) => (row.share > first.share ? row : first));
  const share = sayShare(most, 1);
  const together = siteShares.find((row) => row.scale === scale);
  return {
    sentence: `At scale ${scale}, noise at ${most.group} alone makes ${share} of the noise at the head: more than at any other of the ${groups.length} groups.`,
    leads: [
      `Shares are of effective std² with noise at every Linear.${together?.share == null ? '' : ` Together the groups make ${sayShare({ ...together, share: together.share }, 0)} of it; independent sources make 100 %.`}`,
      `${most.prompts} prompts, ${most.n} prompt–draw pairs per group and scale.`,
    ],
    overall: 'measured',
    brief: `${most.group}: ${percent(most.share, 0)} of the noise at the head`,
  };
}

/** `81.4 % [66.4 % to 96.3 %]`; one prompt gives no interval. */
function sayShare(
  row: { readonly share: number; readonly shareLow: number | null; readonly shareHigh: number | null },
  digits: number,
): string {
  const share = percent(row.share, digits);
  return row.shareLow === null ? share : `${share} [${percent(row.shareLow, digits)} to ${percent(row.shareHigh, digits)}]`;
}
