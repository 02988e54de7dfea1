// A decoder layer without its attention: the projections before it and everything after it. The graphs of generation differ
// only in how they attend, so each brings its own attention and takes the rest from here.
import type { Value } from './graph-builder.ts';
import { addAndNorm, type Building, linear, rmsNorm } from './layers.ts';

/** The residual stream and its norm, both [B, S, D]. */
export interface Stream {
  readonly normed: Value;
  readonly residual: Value;
}

/** Before rotation: query [B, S, heads * headSize], key and value [B, S, keyValueHeads * headSize]. */
export interface Projections {
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
}

/** The stream in front of the first layer. */
export function enterLayers(building: Building, embedded: Value): Stream {
  return { normed: rmsNorm(building, inputNorm(building, 0), embedded, building.config.hiddenSize), residual: embedded };
}

export function project(building: Building, layer: number, normed: Value): Projections {
  const { hiddenSize, headCount, keyValueHeadCount, headSize, queryKeyValueBias: bias } = building.config;
  const make = (name: string, heads: number) =>
    linear(building, `${attentionOf(layer)}.${name}_proj`, normed, { inputSize: hiddenSize, outputSize: heads * headSize, bias });
  const [query, key, value] = [make('q', headCount), make('k', keyValueHeadCount), make('v', keyValueHeadCount)];
  if (!building.config.queryKeyNorm) return { query, key, value };
  return { query: normHeads(building, layer, 'q', query, headCount), key: normHeads(building, layer, 'k', key, keyValueHeadCount), value };
}

/** What follows the attention [B, S, heads * headSize], up to the next layer's norm (after the last layer: the final norm). */
export function finishLayer(building: Building, layer: number, attention: Value, residual: Value): Stream {
  const { hiddenSize, headCount, headSize, outputBias } = building.config;
  const shape = { inputSize: headCount * headSize, outputSize: hiddenSize, bias: outputBias };
  const attended = linear(building, `${attentionOf(layer)}.o_proj`, attention, shape);
  const middle = addAndNorm(building, `model.layers.${layer}.post_attention_layernorm`, attended, residual);
  return addAndNorm(building, inputNorm(building, layer + 1), feedForward(building, layer, middle.normed), middle.residual);
}

function feedForward(building: Building, layer: number, x: Value): Value {
  const { g, config } = building;
  const make = (name: string, input: Value, inputSize: number, outputSize: number) =>
    linear(building, `model.layers.${layer}.mlp.${name}_proj`, input, { inputSize, outputSize, bias: config.mlpBias });
  const gate = make('gate', x, config.hiddenSize, config.intermediateSize);
  const up = make('up', x, config.hiddenSize, config.intermediateSize);
  // x * sigmoid(1 * x): SiLU in one operator.
  const activated = g.node('QuickGelu', [gate], { alpha: { float: 1 } }, { domain: 'microsoft' });
  return make('down', g.node('Mul', [activated, up]), config.intermediateSize, config.hiddenSize);
}

function normHeads(building: Building, layer: number, name: 'q' | 'k', x: Value, heads: number): Value {
  const { g, config } = building;
  const parted = g.node('Reshape', [x, g.ints([0, 0, heads, config.headSize])]);
  const normed = rmsNorm(building, `${attentionOf(layer)}.${name}_norm`, parted, config.headSize);
  return g.node('Reshape', [normed, g.ints([0, 0, heads * config.headSize])]);
}

function attentionOf(layer: number): string {
  return `model.layers.${layer}.self_attn`;
}

function inputNorm({ config }: Building, layer: number): string {
  return layer === config.layerCount ? 'model.norm' : `model.layers.${layer}.input_layernorm`;
}
