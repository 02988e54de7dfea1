// The parts that every graph of a decoder is made of: weights as float32 values, Linear, RMS norm. Names of
// weights are those of the published checkpoints.
import { float, type GraphBuilder, type Value } from './graph-builder.ts';
import type { ModelConfig } from './model-config.ts';
import { throughBlocks, throughFloat16 } from './weight-precision.ts';
import type { WeightSource } from './weights.ts';

const FLOAT32 = 1;
/** The published name of the token embedding [V, D]. */
export const EMBEDDING = 'model.embed_tokens.weight';

/** What the parts need to know of the model under construction. */
export interface Building {
  readonly g: GraphBuilder;
  readonly config: ModelConfig;
  readonly weights: WeightSource;
}

/** A weight as float32: half precisions are widened in the graph (exact; ONNX Runtime folds it once at load); through float16 where the model is to have that. */
export function weight({ g, config, weights }: Building, name: string, dims: readonly number[]): Value {
  const location = weights(name, dims);
  const published = g.external(name, location);
  const value =
    location.dtype === 'float32'
      ? published
      : g.once(`${name}.float32`, () => g.node('Cast', [published], { to: FLOAT32 }, { name: `${name}.float32` }));
  return config.precision === 'float16' ? g.once(`${name}.float16`, () => throughFloat16(g, value, name)) : value;
}

/** The weights of a Linear [out, in]; those alone are quantized, the head's are not. */
function linearWeight(building: Building, name: string, { inputSize, outputSize }: LinearShape): Value {
  const value = weight(building, name, [outputSize, inputSize]);
  const { g, config } = building;
  const { precision } = config;
  if (precision === undefined || precision === 'float16') return value;
  return g.once(`${name}.${precision}`, () => throughBlocks(g, value, { name, rows: outputSize, columns: inputSize, precision }));
}

export interface LinearShape {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly bias: boolean;
}

/** x [..., in] times the published weight [out, in], transposed in the product: no copy of it is made. */
export function linear(building: Building, name: string, x: Value, shape: LinearShape): Value {
  const product = timesTransposed(building.g, x, linearWeight(building, `${name}.weight`, shape), `${name}.product`);
  return shape.bias ? building.g.node('Add', [product, weight(building, `${name}.bias`, [shape.outputSize])]) : product;
}

/**
 * Linears of one input, one product over their weights side by side: for those that are so small that starting a product costs
 * more than a copy of its result. ONNX Runtime joins the weights once at load.
 */
export function joinedLinears(
  building: Building,
  x: Value,
  parts: readonly { readonly name: string; readonly shape: LinearShape }[],
): Value[] {
  const { g } = building;
  const names = parts.map(({ name }) => name).join('+');
  const joined = (values: readonly Value[], kind: string) =>
    g.once(`${names}.${kind}`, () => g.node('Concat', values, { axis: 0 }, { name: `${names}.${kind}` }));
  const weights = parts.map(({ name, shape }) => linearWeight(building, `${name}.weight`, shape));
  const product = timesTransposed(g, x, joined(weights, 'weight'), `${names}.product`);
  const biases = parts.flatMap(({ name, shape }) => (shape.bias ? [weight(building, `${name}.bias`, [shape.outputSize])] : []));
  const sum = biases.length === 0 ? product : g.node('Add', [product, joined(biases, 'bias')]);
  return g.nodes('Split', [sum, g.ints(parts.map(({ shape }) => shape.outputSize))], parts.length, { axis: -1 });
}

/** a [..., M, K] times b [N, K] transposed. */
export function timesTransposed(g: GraphBuilder, a: Value, b: Value, name?: string): Value {
  return g.node('FusedMatMul', [a, b], { transB: 1 }, name === undefined ? { domain: 'microsoft' } : { domain: 'microsoft', name });
}

/** RMS norm over the last axis. */
export function rmsNorm(building: Building, name: string, x: Value, size: number): Value {
  const scale = normScale(building, name, size);
  return building.g.node('SimplifiedLayerNormalization', [x, scale], {
    axis: -1,
    epsilon: float(building.config.normEpsilon),
    stash_type: FLOAT32,
  });
}

/** The sum of a branch and the residual stream, and its RMS norm: [normed, sum]. */
export function addAndNorm(
  building: Building,
  name: string,
  branch: Value,
  residual: Value,
): { readonly normed: Value; readonly residual: Value } {
  const { g, config } = building;
  const scale = normScale(building, name, config.hiddenSize);
  const epsilon = float(config.normEpsilon);
  const [normed, , , sum] = g.nodes(
    'SkipSimplifiedLayerNormalization',
    [branch, residual, scale],
    [`${name}.normed`, '', '', `${name}.residual`],
    { epsilon },
    { domain: 'microsoft' },
  );
  return { normed: normed!, residual: sum! };
}

/** The norm's published weight, or one more than that (Gemma); ONNX Runtime folds the sum once at load. */
function normScale(building: Building, name: string, size: number): Value {
  const published = weight(building, `${name}.weight`, [size]);
  const { g, config } = building;
  if (config.normOffset === 0) return published;
  return g.once(`${name}.scale`, () => g.node('Add', [published, g.floats(config.normOffset)], {}, { name: `${name}.scale` }));
}

/** Token ids [B, S] -> [B, S, D]. */
export function embedding(building: Building, ids: Value): Value {
  const { g, config } = building;
  const rows = g.node('Gather', [weight(building, EMBEDDING, [config.vocabSize, config.hiddenSize]), ids], { axis: 0 });
  return config.scaledEmbedding ? g.node('Mul', [rows, g.floats(Math.sqrt(config.hiddenSize))]) : rows;
}

/** The LM head's weights [V, D]: the embedding's where they are tied. */
export function headWeight(building: Building): Value {
  const { config } = building;
  return weight(building, config.tiedHead ? EMBEDDING : 'lm_head.weight', [config.vocabSize, config.hiddenSize]);
}
