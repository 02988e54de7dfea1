// The section `activations` of run.json: what the activations at each site look like, over prompts.
import { z } from 'zod';
import { interval } from './interval-fields.ts';

/** Means over prompts of what each prompt's tensor has; Low, High and Se null where one prompt gives no interval. */
export const activationRowSchema = z.object({
  site: z.string(),
  /** null: in front of the layers or behind them. */
  layer: z.number().int().nullable(),
  /** `q_proj`, `residual` (the stream, also as it enters the layers), `final_norm`, `lm_head`, `logits` */
  kind: z.string(),
  /** Channels of one position. */
  width: z.number().int(),
  prompts: z.number().int(),
  mean: z.number(),
  /** Unbiased, over positions and channels. */
  std: z.number(),
  stdLow: interval.Low,
  stdHigh: interval.High,
  stdSe: interval.Se,
  rms: z.number(),
  /** The ends over all prompts. */
  min: z.number(),
  max: z.number(),
  /** Share of the numbers more than 6 std from the mean. */
  outliers: z.number(),
  outliersLow: interval.Low,
  outliersHigh: interval.High,
  outliersSe: interval.Se,
});
export type ActivationRow = z.infer<typeof activationRowSchema>;
