// Sections of run.json that noise by site has (noise-by-site).
import { z } from 'zod';
import { interval } from './interval-fields.ts';

/** Noise at one group of sites alone, or (`everywhere`) at every Linear; per scale and group. */
export const siteNoiseRowSchema = z.object({
  scale: z.number(),
  /** The glob that chooses the group's sites. */
  group: z.string(),
  everywhere: z.boolean(),
  /** null: the group's sites lie in several layers, or in none. */
  layer: z.number().int().nullable(),
  /** The Linear's own name, `q_proj`; null: of several kinds. */
  kind: z.string().nullable(),
  prompts: z.number().int(),
  n: z.number().int(),
  effectiveStd: z.number(),
  effectiveStdLow: interval.Low,
  effectiveStdHigh: interval.High,
  effectiveStdSe: interval.Se,
  alpha: z.number(),
  alphaLow: interval.Low,
  alphaHigh: interval.High,
  alphaSe: interval.Se,
  /** mean(effectiveStd^2) / mean(effectiveStd^2 everywhere); null where that is 0. */
  share: z.number().nullable(),
  shareLow: interval.Low,
  shareHigh: interval.High,
  shareSe: interval.Se,
});
export type SiteNoiseRow = z.infer<typeof siteNoiseRowSchema>;

/** What the groups account for together, per scale: sum over groups of mean(effectiveStd^2) / mean(effectiveStd^2 everywhere). */
export const siteShareRowSchema = z.object({
  scale: z.number(),
  groups: z.number().int(),
  share: z.number().nullable(),
  shareLow: interval.Low,
  shareHigh: interval.High,
  shareSe: interval.Se,
});
export type SiteShareRow = z.infer<typeof siteShareRowSchema>;

/** One draw of noise at one group. */
export interface SiteNoiseDraw {
  readonly prompt: number;
  readonly draw: number;
  readonly scale: number;
  readonly group: string;
  readonly effectiveStd: number;
  readonly effectiveMean: number;
  readonly alpha: number;
}
