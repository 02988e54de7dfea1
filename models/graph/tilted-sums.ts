// Sums over a vocabulary under softmax weights, for many temperatures at once: w = exp(beta (x - top)) in float32 (ONNX
// Runtime's vectorized exponential, 15 times a JavaScript loop), summed in blocks of 512 and over the blocks in float64.
// Relative error of a sum near 1e-7. In: logits [R, V], beta [R, K, 1]; out: sums [R, 3, K] of w, w (x - top), w (x - top)^2.
import { type BuiltGraph, buildModel, graph } from './graph-builder.ts';

export const TILT_LOGITS = 'logits';
export const TILT_BETA = 'beta';
export const TILT_SUMS = 'sums';

const BLOCK = 512;
const MOMENTS = 3;
const FLOAT64 = 11;
/** Far below every logit: exp(beta * this) is 0 in float32 down to beta = 1/50, and 0 times its square is still 0. */
const PADDING_LOGIT = -1e4;

export function buildTiltedSums(vocabSize: number): BuiltGraph {
  const g = graph('tilted_sums');
  const logits = g.input(TILT_LOGITS, 'float32', ['R', vocabSize]);
  const beta = g.input(TILT_BETA, 'float32', ['R', 'K', 1]);
  const top = g.node('ReduceMax', [logits, g.ints([1])], { keepdims: 1 });
  const below = g.node('Sub', [logits, top]);
  const missing = (BLOCK - (vocabSize % BLOCK)) % BLOCK;
  const padded = missing === 0 ? below : g.node('Pad', [below, g.ints([0, 0, 0, missing]), g.floats(PADDING_LOGIT)]);
  const x = g.node('Reshape', [padded, g.ints([0, -1, 1, BLOCK])]);
  const weights = g.node('Exp', [g.node('Mul', [g.node('Unsqueeze', [beta, g.ints([1])]), x])]);
  const ones = g.node('Add', [g.node('Mul', [x, g.floats(0)]), g.floats(1)]);
  const powers = g.node('Concat', [ones, x, g.node('Mul', [x, x])], { axis: 2 });
  // Three rows always: a product with one row goes another way, with other bits than the same row among several.
  const blocks = g.node('FusedMatMul', [powers, weights], { transB: 1 }, { domain: 'microsoft' });
  const sums = g.node('ReduceSum', [g.node('Cast', [blocks], { to: FLOAT64 }), g.ints([1])], { keepdims: 0 });
  g.output(sums, 'float64', ['R', MOMENTS, 'K'], TILT_SUMS);
  return buildModel(g);
}
