// The step `summarize-activations`: statistics of each site over prompts, sites in the order of the model.
import { z } from 'zod';
import type { ActivationRow } from '../artifacts/activations-record.ts';
import { sitePlace } from '../models/graph/site-groups.ts';
import { intervalOverPrompts } from '../numerics/intervals.ts';
import { mean } from '../numerics/moments.ts';
import { defineStep } from '../pipelines/step.ts';
import { activationRowsType, activationTableType, type SiteStatistics, siteStatisticsType } from './artifact-types.ts';

export type ActivationDraw = SiteStatistics[number] & { readonly prompt: number };

export const summarizeActivations = defineStep({
  name: 'summarize-activations',
  version: 1,
  summary: 'Statistics of the activations at each site, with intervals over prompts',
  device: 'light',
  params: z.object({}),
  inputs: { statistics: { type: siteStatisticsType, reads: 'all', description: 'statistics of each site, prompt by prompt' } },
  outputs: { table: activationTableType, rows: activationRowsType },
  axes: {},
  shardUnits: 1,
  describe: () => 'statistics of activations per site',
  async *run({ units }) {
    for (const unit of units) {
      const prompts = await unit.readAll<SiteStatistics>('statistics');
      const rows = prompts.flatMap(({ coordinates, value }) => value.map((row) => ({ prompt: coordinates.prompt as number, ...row })));
      yield { unit, outputs: { table: summarizeActivationDraws(rows), rows } };
    }
  },
});

/** A row per site in the order of first appearance; every prompt counts alike, however long it is. */
export function summarizeActivationDraws(draws: readonly ActivationDraw[]): ActivationRow[] {
  const bySite = new Map<string, ActivationDraw[]>();
  for (const draw of draws) {
    const own = bySite.get(draw.site);
    if (own === undefined) bySite.set(draw.site, [draw]);
    else own.push(draw);
  }
  return [...bySite].map(([site, own]): ActivationRow => {
    const over = (field: 'std' | 'outliers') =>
      intervalOverPrompts(
        own.map((draw) => ({ prompt: draw.prompt, value: draw[field] })),
        { minimum: 0 },
      );
    const [std, outliers] = [over('std'), over('outliers')];
    return {
      site,
      ...sitePlace(site),
      width: own[0]!.width,
      prompts: own.length,
      mean: mean(own.map((draw) => draw.mean)),
      std: std.mean,
      stdLow: std.low,
      stdHigh: std.high,
      stdSe: std.se,
      rms: mean(own.map(({ rms }) => rms)),
      min: own.reduce((least, { min }) => Math.min(least, min), Number.POSITIVE_INFINITY),
      max: own.reduce((greatest, { max }) => Math.max(greatest, max), Number.NEGATIVE_INFINITY),
      outliers: outliers.mean,
      outliersLow: outliers.low,
      outliersHigh: outliers.high,
      outliersSe: outliers.se,
    };
  });
}
