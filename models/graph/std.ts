// Noise in units of the disturbed tensor's spread, inside a graph: x + z * (scale * std(x)), std unbiased over the whole
// [S, in] tensor of each batch member. The reduction runs row by row and then over the rows, in matrix products whose rows
// have the same bits at every batch size: what a member yields does not depend on its neighbours.
import type { GraphBuilder, Value } from './graph-builder.ts';

const FLOAT32 = 1;

export interface ScaledNoise {
  /** [B, S, width], what the spread is taken over */
  readonly x: Value;
  /** What the noise is added to: x, or a part of it. */
  readonly disturbed: Value;
  /** [1 or B, S or 1, width] standard normals */
  readonly z: Value;
  /** [B, 1, 1] */
  readonly scale: Value;
  readonly width: number;
}

export function addScaledNoise(g: GraphBuilder, { x, disturbed, z, scale, width }: ScaledNoise): Value {
  const amplitude = g.once(`amplitude ${x}`, () => g.node('Mul', [scale, stdUnbiased(g, x, width)]));
  return g.node('Add', [disturbed, g.node('Mul', [z, amplitude])]);
}

/** [B, S, width] -> [B, 1, 1]: sqrt(sum (x - mean)^2 / (n - 1)), n = S * width, in float32. */
function stdUnbiased(g: GraphBuilder, x: Value, width: number): Value {
  const positions = g.once('positions', () => g.node('Cast', [g.node('Shape', [x], { start: 1, end: 2 })], { to: FLOAT32 }));
  const total = (value: Value) =>
    g.node('ReduceSum', [g.node('ReduceSum', [value, g.ints([2])], { keepdims: 1 }), g.ints([1])], { keepdims: 1 });
  const count = g.once(`count ${width}`, () => g.node('Mul', [positions, g.floats(width)]));
  const mean = g.node('Div', [total(x), count]);
  const deviation = g.node('Sub', [x, mean]);
  const squares = total(g.node('Mul', [deviation, deviation]));
  return g.node('Sqrt', [g.node('Div', [squares, g.node('Sub', [count, g.floats(1)])])]);
}
