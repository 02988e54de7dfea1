// The step `summarize-sites`: what noise at each group of Linears amounts to at the head, effective std and alpha, and which share of
// the noise of all Linears together each group and all groups account for.
import { z } from 'zod';
import type { NamedTensors } from '../artifacts/codecs.ts';
import type { SiteNoiseDraw, SiteNoiseRow, SiteShareRow } from '../artifacts/site-noise-record.ts';
import { placeOf } from '../models/graph/site-groups.ts';
import { EVERY_LINEAR } from '../models/graph/sites.ts';
import { effectiveNoise } from '../numerics/effective-noise.ts';
import { intervalOverPrompts } from '../numerics/intervals.ts';
import { type Share, type ShareDraw, shareOf } from '../numerics/share.ts';
import { defineStep } from '../pipelines/step.ts';
import { hiddenStateType, noisyHiddenStateType, siteNoiseRowsType, siteNoiseType, siteSharesType } from './artifact-types.ts';
import { engineEnvironment, engineIdentity, engineParams, openStepModel } from './model-params.ts';

export const summarizeSites = defineStep({
  name: 'summarize-sites',
  version: 1,
  summary: 'Effective noise, alpha and share of each group of sites, with intervals over prompts',
  device: 'model',
  params: z.object(engineParams),
  inputs: {
    clean: { type: hiddenStateType, reads: 'all', description: 'clean hidden states' },
    noisy: { type: noisyHiddenStateType, reads: 'all', description: 'hidden states with noise at groups of sites' },
  },
  outputs: { table: siteNoiseType, shares: siteSharesType, rows: siteNoiseRowsType },
  axes: {},
  shardUnits: 1,
  identity: engineIdentity,
  environment: engineEnvironment('score'),
  describe: () => 'effective noise and alpha per group of sites',
  async *run(call) {
    const session = await openStepModel(call);
    for (const unit of call.units) {
      const noisy = await unit.readAll<NamedTensors>('noisy');
      const groups = (await unit.readAll<NamedTensors>('clean')).map(({ coordinates, value }) => {
        const units = noisy.filter((other) => other.coordinates.prompt === coordinates.prompt);
        const others = units.map((other) => other.value.hidden_last as Float32Array);
        return { id: coordinates.prompt as number, units, clean: value.hidden_last as Float32Array, others };
      });
      const request = { groups: groups.map(({ id, clean, others }) => ({ id, clean, others })) };
      const rows: SiteNoiseDraw[] = [];
      for await (const { id, differences } of session.compareLogits(request, {
        signal: call.signal,
        progress: (note) => call.progress({ note }),
      })) {
        const { units, clean, others } = groups.find((group) => group.id === id)!;
        rows.push(...units.map(({ coordinates }, i) => siteDraw(coordinates, { clean, noisy: others[i]!, alpha: differences[i]!.alpha })));
      }
      yield { unit, outputs: { table: summarizeSiteDraws(rows), shares: groupShares(rows), rows } };
    }
  },
});

interface Disturbed {
  readonly clean: Float32Array;
  readonly noisy: Float32Array;
  readonly alpha: number;
}

function siteDraw(
  { prompt, draw, scale, group }: Readonly<Record<string, number | string>>,
  { clean, noisy, alpha }: Disturbed,
): SiteNoiseDraw {
  const { effectiveStd, effectiveMean } = effectiveNoise(clean, noisy, scale as number);
  return {
    prompt: prompt as number,
    draw: draw as number,
    scale: scale as number,
    group: group as string,
    effectiveStd,
    effectiveMean,
    alpha,
  };
}

/** Per scale and group, scales rising, groups in the order of `compareGroups`: all Linears first, then layer by layer, the rest behind. */
export function summarizeSiteDraws(draws: readonly SiteNoiseDraw[]): SiteNoiseRow[] {
  return scalesOf(draws).flatMap((scale) => {
    const here = draws.filter((draw) => draw.scale === scale);
    const byGroup = groupRows(here, ({ group }) => group);
    return [...byGroup.keys()].sort(compareGroups).map((group): SiteNoiseRow => {
      const own = byGroup.get(group)!;
      const over = (field: 'effectiveStd' | 'alpha') =>
        intervalOverPrompts(
          own.map((draw) => ({ prompt: draw.prompt, value: draw[field] })),
          { minimum: 0 },
        );
      const [std, alpha] = [over('effectiveStd'), over('alpha')];
      return {
        scale,
        group,
        everywhere: group === EVERY_LINEAR,
        ...placeOf(group),
        prompts: new Set(own.map(({ prompt }) => prompt)).size,
        n: own.length,
        effectiveStd: std.mean,
        effectiveStdLow: std.low,
        effectiveStdHigh: std.high,
        effectiveStdSe: std.se,
        alpha: alpha.mean,
        alphaLow: alpha.low,
        alphaHigh: alpha.high,
        alphaSe: alpha.se,
        ...named(shareOf(partsOf(here, (draw) => draw.group === group))),
      };
    });
  });
}

/** Per scale: what all groups but that of every Linear account for together. */
export function groupShares(draws: readonly SiteNoiseDraw[]): SiteShareRow[] {
  return scalesOf(draws).map((scale) => {
    const here = draws.filter((draw) => draw.scale === scale);
    const groups = new Set(here.map(({ group }) => group).filter((group) => group !== EVERY_LINEAR));
    return { scale, groups: groups.size, ...named(shareOf(partsOf(here, ({ group }) => groups.has(group)))) };
  });
}

/** Per prompt and draw: effectiveStd^2 summed over the chosen groups, and that of noise at every Linear. */
function partsOf(draws: readonly SiteNoiseDraw[], isPart: (draw: SiteNoiseDraw) => boolean): ShareDraw[] {
  const square = (rows: readonly SiteNoiseDraw[]) => rows.reduce((sum, { effectiveStd }) => sum + effectiveStd ** 2, 0);
  return [...groupRows(draws, ({ prompt, draw }) => `${prompt} ${draw}`).values()].map((rows) => ({
    prompt: rows[0]!.prompt,
    part: square(rows.filter(isPart)),
    whole: square(rows.filter(({ group }) => group === EVERY_LINEAR)),
  }));
}

function groupRows(draws: readonly SiteNoiseDraw[], nameOf: (draw: SiteNoiseDraw) => string): Map<string, SiteNoiseDraw[]> {
  const groups = new Map<string, SiteNoiseDraw[]>();
  for (const draw of draws) {
    const own = groups.get(nameOf(draw));
    if (own === undefined) groups.set(nameOf(draw), [draw]);
    else own.push(draw);
  }
  return groups;
}

function named({ share, low, high, se }: Share) {
  return { share, shareLow: low, shareHigh: high, shareSe: se };
}

function scalesOf(draws: readonly SiteNoiseDraw[]): number[] {
  return [...new Set(draws.map(({ scale }) => scale))].sort((a, b) => a - b);
}

function compareGroups(a: string, b: string): number {
  const rank = (group: string) => (group === EVERY_LINEAR ? -1 : (placeOf(group).layer ?? Number.POSITIVE_INFINITY));
  const [first, second] = [rank(a), rank(b)];
  return first === second ? (a < b ? -1 : a > b ? 1 : 0) : first - second;
}
