import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupShares, summarizeSiteDraws } from '../../activities/summarize-sites.ts';
import type { SiteNoiseDraw } from '../../artifacts/site-noise-record.ts';

const draw = (prompt: number, group: string, effectiveStd: number, scale = 0.1): SiteNoiseDraw => ({
  prompt,
  draw: 0,
  scale,
  group,
  effectiveStd,
  effectiveMean: 0,
  alpha: effectiveStd / 10,
});
const GROUPS = ['**.input', 'layers.0.**.input', 'layers.1.**.input', 'lm_head.input'];

describe('noise by group of sites', () => {
  const draws = [
    ...GROUPS.map((group, i) => draw(0, group, [5, 3, 2, 1][i]!)),
    ...GROUPS.map((group, i) => draw(1, group, [10, 4, 4, 2][i]!)),
  ];

  it('has means with intervals over prompts, in the order of the layers, all Linears first', () => {
    const rows = summarizeSiteDraws(draws);
    expect(rows.map(({ group }) => group)).toEqual(GROUPS);
    expect(rows[1]).toMatchObject({ layer: 0, kind: null, everywhere: false, prompts: 2, n: 2, effectiveStd: 3.5, alpha: 0.35 });
    expect(rows[1]!.effectiveStdSe).toBeCloseTo(0.5, 12);
    expect(rows[0]).toMatchObject({ everywhere: true, share: 1, shareLow: 1, shareHigh: 1 });
  });

  it('sums effective std squared over the groups and takes it of the whole: a ratio of means', () => {
    // (9 + 4 + 1 + 16 + 16 + 4) / (25 + 100)
    const [share] = groupShares(draws);
    expect(share).toMatchObject({ scale: 0.1, groups: 3 });
    expect(share!.share).toBeCloseTo(50 / 125, 12);
    // Without prompt 0: 36 / 100, without prompt 1: 14 / 25; se = half their distance, t(0.975, 1) = 12.7062.
    expect(share!.shareSe).toBeCloseTo(0.1, 12);
    expect(share!.shareHigh).toBeCloseTo(0.4 + 12.706204736 * 0.1, 6);
    const parts = summarizeSiteDraws(draws).filter(({ everywhere }) => !everywhere);
    expect(parts.reduce((sum, row) => sum + row.share!, 0)).toBeCloseTo(share!.share!, 12);
  });

  it('does not depend on the order of draws, nor one scale on another', () => {
    const other = GROUPS.map((group, i) => draw(0, group, i + 1, 0.2));
    fc.assert(
      fc.property(fc.shuffledSubarray([...draws, ...other], { minLength: draws.length + other.length }), (shuffled) => {
        const rows = summarizeSiteDraws(shuffled);
        for (const [i, row] of summarizeSiteDraws(draws).entries()) {
          expect(rows[i]!.group).toBe(row.group);
          expect(rows[i]!.effectiveStd).toBeCloseTo(row.effectiveStd, 12);
          expect(rows[i]!.share).toBeCloseTo(row.share!, 12);
        }
        expect(groupShares(shuffled)[0]!.share).toBeCloseTo(0.4, 12);
      }),
    );
  });

  it('has no interval with one prompt', () => {
    const one = draws.filter(({ prompt }) => prompt === 0);
    expect(groupShares(one)[0]).toMatchObject({ share: 14 / 25, shareLow: null, shareSe: null });
    expect(summarizeSiteDraws(one)[1]).toMatchObject({ effectiveStdLow: null, alphaLow: null, shareHigh: null });
  });
});
