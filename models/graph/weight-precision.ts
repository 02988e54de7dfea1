// Weights rounded as a smaller precision would hold them. The rounding is part of the graph and ONNX Runtime folds it once at load, so
// every family, verb and published type has it, and all arithmetic stays float32: what changes is the numbers, not speed or memory.
import { UserError } from '../../formats/user-error.ts';
import type { Precision } from '../engine.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';
import type { ModelConfig } from './model-config.ts';

export type SmallPrecision = Exclude<Precision, 'float32'>;

const [FLOAT32, FLOAT16] = [1, 10];
/** Weights of one row that share a scale, as in MatMulNBits and GGUF's Q8_0 and Q4_0. */
export const BLOCK = 32;
/** Largest magnitude of a quantized weight: symmetric, so that 0 stays 0. */
const LARGEST = { int8: 127, int4: 7 } as const;
/** The scale of a block of zeros; any will do but 0. */
const LEAST_SCALE = 1e-30;

/** The model with its weights at `precision`. Throws a UserError where rows do not divide into blocks. */
export function atPrecision(config: ModelConfig, precision: Precision): ModelConfig {
  if (precision === 'float32') return config;
  const widths = [config.hiddenSize, config.intermediateSize, config.headCount * config.headSize];
  const odd = precision === 'float16' ? undefined : widths.find((width) => width % BLOCK !== 0);
  if (odd !== undefined)
    throw new UserError(
      `precision ${precision}: a Linear of this model has ${odd} inputs, which is no multiple of ${BLOCK}; use float32 or float16`,
    );
  return { ...config, precision };
}

/** To float16, ties to even, and back. Above 65504 there is none: such a weight becomes infinite, and the run says so. */
export function throughFloat16(g: GraphBuilder, weight: Value, name: string): Value {
  return g.node('Cast', [g.node('Cast', [weight], { to: FLOAT16 })], { to: FLOAT32 }, { name: `${name}.float16` });
}

/**
 * A Linear's weights [out, in] quantized in blocks of 32 along a row and back: `scale = max |w| / n`, `q = round(w / scale)`, ties to
 * even, `q scale`, with n = 127 (int8) or 7 (int4). Off by at most scale / 2 each.
 */
export function throughBlocks(
  g: GraphBuilder,
  weight: Value,
  shape: { readonly name: string; readonly rows: number; readonly columns: number; readonly precision: 'int8' | 'int4' },
): Value {
  const { name, rows, columns, precision } = shape;
  const blocks = g.node('Reshape', [weight, g.ints([rows, columns / BLOCK, BLOCK])]);
  const largest = g.node('ReduceMax', [g.node('Abs', [blocks]), g.ints([2])], { keepdims: 1 });
  const scale = g.node('Max', [g.node('Div', [largest, g.floats(LARGEST[precision])]), g.floats(LEAST_SCALE)]);
  const rounded = g.node('Mul', [g.node('Round', [g.node('Div', [blocks, scale])]), scale]);
  return g.node('Reshape', [rounded, g.ints([rows, columns])], {}, { name: `${name}.${precision}` });
}
