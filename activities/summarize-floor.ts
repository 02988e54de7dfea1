// The step `summarize-floor`: the numeric floor over prompts, a row per comparison.
import { z } from 'zod';
import { COMPARISONS, type FloorDifference, type FloorRow, isChoice, type NumericFloor } from '../artifacts/floor-record.ts';
import { mean } from '../numerics/moments.ts';
import type { Coordinates } from '../pipelines/plan.ts';
import { defineStep } from '../pipelines/step.ts';
import { floorDifferenceType, floorRowsType, numericFloorType } from './artifact-types.ts';

export const summarizeFloor = defineStep({
  name: 'summarize-floor',
  version: 1,
  summary: 'The numeric floor: max and rms difference of the logits, and the alpha that it alone makes',
  device: 'light',
  params: z.object({}),
  inputs: { differences: { type: floorDifferenceType, reads: 'all', description: 'differences per prompt and comparison' } },
  outputs: { table: numericFloorType, rows: floorRowsType },
  axes: {},
  shardUnits: 1,
  describe: () => 'the numeric floor',
  async *run({ units }) {
    for (const unit of units) {
      const differences = await unit.readAll<FloorDifference>('differences');
      const rows = differences.map(({ coordinates: { prompt, comparison }, value }) => {
        const { alpha, max, rms } = value.measured ? value : { alpha: null, max: null, rms: null };
        return { prompt, comparison, alpha, max, rms };
      });
      yield { unit, outputs: { table: floorOf(differences), rows } };
    }
  },
});

/** Rows in the order of COMPARISONS: mean and largest alpha over prompts, largest difference, rms over prompts and vocabulary. */
export function floorOf(differences: readonly { readonly coordinates: Coordinates; readonly value: FloorDifference }[]): NumericFloor {
  const rows = COMPARISONS.flatMap((comparison): FloorRow[] => {
    const own = differences.filter(({ coordinates }) => coordinates.comparison === comparison).map(({ value }) => value);
    const measured = own.filter((value) => value.measured);
    const [why] = own.flatMap((value) => (value.measured ? [] : [value.why]));
    if (own.length === 0) return [];
    if (measured.length === 0)
      return [{ comparison, prompts: own.length, alpha: null, alphaMax: null, max: null, rms: null, why: why ?? null }];
    return [
      {
        comparison,
        prompts: measured.length,
        alpha: mean(measured.map(({ alpha }) => alpha)),
        alphaMax: Math.max(...measured.map(({ alpha }) => alpha)),
        max: Math.max(...measured.map(({ max }) => max)),
        rms: Math.sqrt(mean(measured.map(({ rms }) => rms ** 2))),
        why: null,
      },
    ];
  });
  const alphas = rows.flatMap(({ comparison, alphaMax }) => (alphaMax === null || isChoice(comparison) ? [] : [alphaMax]));
  return { alpha: alphas.length === 0 ? null : Math.max(...alphas), rows };
}
