// Noise inside a graph, in units of the disturbed tensor's spread: x + z * (scale * std(x)), std unbiased over the whole
// [S, in] tensor of each batch member; or as it is: x + z * scale. What a member yields must not depend on its neighbours, to the bit; measured: a product
// of each row with itself, then of each member's row sums with ones, keeps that at every batch size and length, while
// reductions over short odd rows and products that merge the batch do not. By rows it is also accurate to 1e-7; one long
// sum is off by 1e-6 to 1e-5, and 30 layers make 1e-3 of that in the last hidden state.
import type { Amplitude } from '../engine.ts';
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
  /** The size of one axis, int64 [1]; by default in the operators of the opset that we build for. */
  readonly axisSize?: AxisSize;
}
export type AxisSize = (g: GraphBuilder, x: Value, axis: number) => Value;

const shapeSlice: AxisSize = (g, x, axis) => g.node('Shape', [x], { start: axis, end: axis + 1 });

export function addNoise(g: GraphBuilder, noise: ScaledNoise, amplitude: Amplitude = 'relative'): Value {
  if (amplitude === 'absolute') return g.node('Add', [noise.disturbed, g.node('Mul', [noise.z, noise.scale])]);
  return addScaledNoise(g, noise);
}

function addScaledNoise(g: GraphBuilder, { x, disturbed, z, scale, width, axisSize = shapeSlice }: ScaledNoise): Value {
  const std = () => g.once(`std ${x}`, () => stdUnbiased(g, { x, width, axisSize }));
  const amplitude = g.once(`amplitude ${x} ${scale}`, () => g.node('Mul', [scale, std()]));
  return g.node('Add', [disturbed, g.node('Mul', [z, amplitude])]);
}

interface Spread {
  readonly x: Value;
  readonly width: number;
  readonly axisSize: AxisSize;
}

/**
 * [B, S, width] -> [B, 1, 1]: sqrt((sum x^2 - (sum x)^2 / n) / (n - 1)), n = S * width, in float32. One pass instead of two:
 * the inputs of Linears have means small against their spread, so nothing is lost in the difference.
 */
function stdUnbiased(g: GraphBuilder, spread: Spread): Value {
  const { x, width, axisSize } = spread;
  const positions = g.once('positions', () => g.node('Cast', [axisSize(g, x, 1)], { to: FLOAT32 }));
  const count = g.once(`count ${width}`, () => g.node('Mul', [positions, g.floats(width)]));
  const oneLess = g.once(`count ${width} - 1`, () => g.node('Sub', [count, g.floats(1)]));
  const sum = g.node('ReduceSum', [x, g.ints([1, 2])], { keepdims: 1 });
  const aroundMean = g.node('Sub', [sumOfSquares(g, spread), g.node('Div', [g.node('Mul', [sum, sum]), count])]);
  return g.node('Sqrt', [g.node('Div', [g.node('Max', [aroundMean, g.floats(0)]), oneLess])]);
}

function sumOfSquares(g: GraphBuilder, { x, width, axisSize }: Spread): Value {
  const rows = g.node('Reshape', [x, g.ints([-1, 1, width])]);
  const squares = g.node('FusedMatMul', [rows, rows], { transB: 1 }, { domain: 'microsoft' });
  const [byMember, ones] = [
    g.once('rows of a member', () => {
      const batch = axisSize(g, x, 0);
      return g.node('Concat', [batch, g.ints([1, -1])], { axis: 0 });
    }),
    g.once('a one per row', () => {
      const [batch, positions] = [axisSize(g, x, 0), axisSize(g, x, 1)];
      return g.node('Expand', [g.floats(1), g.node('Concat', [batch, g.ints([1]), positions], { axis: 0 })]);
    }),
  ];
  return g.node('FusedMatMul', [g.node('Reshape', [squares, byMember]), ones], { transB: 1 }, { domain: 'microsoft' });
}
