// Noise in units of the disturbed tensor's spread, inside a graph: x + z * (scale * std(x)), std unbiased over the whole
// [S, in] tensor of each batch member. The sum of squares is each member's product with itself, and the plain sum a reduction
// that never crosses members: measured, both give the same bits at every batch size (a reduction by rows and then over rows does not).
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

/**
 * [B, S, width] -> [B, 1, 1]: sqrt((sum x^2 - (sum x)^2 / n) / (n - 1)), n = S * width, in float32. One pass instead of two:
 * the inputs of Linears have means small against their spread, so little is lost in the difference.
 */
function stdUnbiased(g: GraphBuilder, x: Value, width: number): Value {
  const positions = g.once('positions', () => g.node('Cast', [g.node('Shape', [x], { start: 1, end: 2 })], { to: FLOAT32 }));
  const count = g.once(`count ${width}`, () => g.node('Mul', [positions, g.floats(width)]));
  const oneLess = g.once(`count ${width} - 1`, () => g.node('Sub', [count, g.floats(1)]));
  const flat = g.node('Reshape', [x, g.ints([0, 1, -1])]);
  const squares = g.node('FusedMatMul', [flat, flat], { transB: 1 }, { domain: 'microsoft' });
  const sum = g.node('ReduceSum', [x, g.ints([1, 2])], { keepdims: 1 });
  const aroundMean = g.node('Sub', [squares, g.node('Div', [g.node('Mul', [sum, sum]), count])]);
  return g.node('Sqrt', [g.node('Div', [g.node('Max', [aroundMean, g.floats(0)]), oneLess])]);
}
