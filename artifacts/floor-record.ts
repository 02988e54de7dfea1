// The section `numericFloor` of run.json: how much of a number is the way it was computed.
import { z } from 'zod';

/** Each a pair of ways to compute the same logits. */
export const COMPARISONS = ['rounding', 'batch', 'threads', 'optimization', 'export', 'device', 'float16', 'int8', 'int4'] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** Those that choose another model rather than another way to compute one: shown beside the floor, and no part of it. */
const CHOICES: ReadonlySet<string> = new Set(['float16', 'int8', 'int4'] satisfies Comparison[]);

export function isChoice(comparison: Comparison): boolean {
  return CHOICES.has(comparison);
}

/** How people read each. */
export const COMPARISON_LABELS: Readonly<Record<Comparison, string>> = {
  rounding: 'inputs rounded or off by half a bit',
  batch: 'alone or in a batch',
  threads: 'one thread or all',
  optimization: 'graph as built or optimized',
  export: 'exported graph or built here',
  device: 'CPU or GPU',
  float16: 'weights as they are or float16',
  int8: 'weights as they are or int8',
  int4: 'weights as they are or int4',
};

/** One prompt's logits computed in two ways; or why they were not. */
export const floorDifferenceSchema = z.discriminatedUnion('measured', [
  z.object({ measured: z.literal(true), alpha: z.number(), max: z.number(), rms: z.number() }),
  z.object({ measured: z.literal(false), why: z.string() }),
]);
export type FloorDifference = z.infer<typeof floorDifferenceSchema>;

export const floorRowSchema = z.object({
  comparison: z.enum(COMPARISONS),
  prompts: z.number().int(),
  /** All null where the comparison was not measured. */
  alpha: z.number().nullable(),
  alphaMax: z.number().nullable(),
  max: z.number().nullable(),
  rms: z.number().nullable(),
  /** Why it was not measured. */
  why: z.string().nullable(),
});
export type FloorRow = z.infer<typeof floorRowSchema>;

export const numericFloorSchema = z.object({
  /** The largest alpha of any prompt and comparison that is no choice; null where nothing was measured. */
  alpha: z.number().nullable(),
  rows: z.array(floorRowSchema),
});
export type NumericFloor = z.infer<typeof numericFloorSchema>;

/** An alpha below so many floors is not told apart from the machine's own noise. */
export const FLOORS = 10;

export function isNearFloor(alpha: number, floor: Pick<NumericFloor, 'alpha'> | undefined): boolean {
  return floor?.alpha != null && alpha < FLOORS * floor.alpha;
}
