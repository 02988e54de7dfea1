// What a run with noise at one group of Linears at a time found: which group makes most of the noise at the head.
import type { Results } from '../artifacts/run-record.ts';
import { count, percent, percentInterval } from './format.ts';
import type { Verdict } from './verdict.ts';

/** Of the smallest scale, where the noises of the groups add up best. undefined where no group has a share. */
export function siteVerdict({ siteNoise = [], siteShares = [] }: Results): Verdict | undefined {
  const scale = Math.min(...siteNoise.map((row) => row.scale));
  const groups = siteNoise.flatMap((row) =>
    row.scale === scale && !row.everywhere && row.share !== null ? [{ ...row, share: row.share }] : [],
  );
  if (groups.length === 0) return undefined;
  const most = groups.reduce((first, row) => (row.share > first.share ? row : first));
  const share = percentInterval(most.share, most.shareLow, most.shareHigh, 1);
  const together = siteShares.find((row) => row.scale === scale);
  return {
    sentence: `At scale ${scale}, noise at ${most.group} alone makes ${share} of the noise at the head${groups.length === 1 ? '' : `, more than any other of the ${groups.length} groups`}.`,
    leads: [
      `Shares are of effective std² with noise at every Linear.${together?.share == null ? '' : ` Together the groups make ${percentInterval(together.share, together.shareLow, together.shareHigh, 0)} of it; independent sources add up to 100 %.`}`,
      `${count(most.prompts, 'prompt')}, ${count(most.n, 'prompt–draw pair')} per group and scale.`,
    ],
    overall: 'measured',
    brief: `${most.group}: ${percent(most.share, 0)} of the noise at the head`,
  };
}
