// The step `summarize-noise` (EXPERIMENT.md, step 3): effective std, mean and preservation per draw and per scale, from the
// clean and the disturbed hidden states.
import { z } from 'zod';
import type { NamedTensors } from '../artifacts/codecs.ts';
import type { EffectiveNoiseDraw, EffectiveNoiseRow } from '../artifacts/study-record.ts';
import { effectiveNoise } from '../numerics/effective-noise.ts';
import { intervalOverPrompts } from '../numerics/intervals.ts';
import { stdPopulation } from '../numerics/moments.ts';
import type { Coordinates } from '../pipelines/plan.ts';
import { defineStep } from '../pipelines/step.ts';
import { effectiveNoiseRowsType, effectiveNoiseType, hiddenStateType, noisyHiddenStateType } from './artifact-types.ts';

export const summarizeNoise = defineStep({
  name: 'summarize-noise',
  version: 1,
  summary: 'Effective noise at the LM head per scale, with intervals over prompts',
  device: 'light',
  params: z.object({}),
  inputs: {
    clean: { type: hiddenStateType, reads: 'all', description: 'clean hidden states' },
    noisy: { type: noisyHiddenStateType, reads: 'all', description: 'disturbed hidden states' },
  },
  outputs: { table: effectiveNoiseType, rows: effectiveNoiseRowsType },
  axes: {},
  shardUnits: 1,
  describe: () => 'effective noise per scale',
  async *run({ units }) {
    for (const unit of units) {
      const clean = new Map((await unit.readAll<NamedTensors>('clean')).map(({ coordinates, value }) => [coordinates.prompt, value]));
      const rows = (await unit.readAll<NamedTensors>('noisy')).map(({ coordinates, value }) =>
        noiseOfDraw(coordinates, clean.get(coordinates.prompt)!, value),
      );
      yield { unit, outputs: { table: summarizeDraws(rows), rows } };
    }
  },
});

/** What one draw tells: a row of the Parquet table. */
export function noiseOfDraw({ prompt, draw, scale }: Coordinates, clean: NamedTensors, noisy: NamedTensors): EffectiveNoiseDraw {
  const place = { prompt: prompt as number, draw: draw as number, scale: scale as number };
  return { ...place, ...effectiveNoise(clean.hidden_last!, noisy.hidden_last!, place.scale) };
}

/** Means and population sds over prompts x draws per scale; intervals are over prompts. */
export function summarizeDraws(draws: readonly EffectiveNoiseDraw[]): EffectiveNoiseRow[] {
  const scales = [...new Set(draws.map((draw) => draw.scale))].sort((a, b) => a - b);
  return scales.map((scale) => {
    const here = draws.filter((draw) => draw.scale === scale);
    const values = (field: 'effectiveStd' | 'effectiveMean') => here.map((draw) => ({ prompt: draw.prompt, value: draw[field] }));
    const kept = here.flatMap((draw) => (draw.preservation === null ? [] : [{ prompt: draw.prompt, value: draw.preservation }]));
    const [std, mid] = [intervalOverPrompts(values('effectiveStd'), { minimum: 0 }), intervalOverPrompts(values('effectiveMean'))];
    const preservation = kept.length === 0 ? null : intervalOverPrompts(kept);
    return {
      scale,
      prompts: new Set(here.map((draw) => draw.prompt)).size,
      n: here.length,
      effectiveStd: std.mean,
      effectiveStdSd: stdPopulation(here.map((draw) => draw.effectiveStd)),
      effectiveStdLow: std.low,
      effectiveStdHigh: std.high,
      effectiveStdSe: std.se,
      effectiveMean: mid.mean,
      effectiveMeanSd: stdPopulation(here.map((draw) => draw.effectiveMean)),
      effectiveMeanLow: mid.low,
      effectiveMeanHigh: mid.high,
      effectiveMeanSe: mid.se,
      biased: mid.low !== null && mid.high !== null && (mid.low > 0 || mid.high < 0),
      preservation: preservation?.mean ?? null,
      preservationLow: preservation?.low ?? null,
      preservationHigh: preservation?.high ?? null,
      preservationSe: preservation?.se ?? null,
    };
  });
}
