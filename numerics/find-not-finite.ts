/** The first place that holds NaN or an infinity; undefined where all are finite (also of none). */
export function findNotFinite(values: Float32Array): number | undefined {
  // x - x is 0 of finite numbers alone: no branch in the loop.
  let rest = 0;
  for (let i = 0; i < values.length; i++) rest += values[i]! - values[i]!;
  return rest === 0 ? undefined : values.findIndex((value) => !Number.isFinite(value));
}
