// The one description of a decoder layer, without its attention: the projections before it and everything after it. Graphs
// differ in how they attend, so each brings its own attention; a graph that captures or disturbs what flows here says so by
// hooks, which are given a site's name and value and give the value that goes on.
import type { Activation } from './families/family.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';
import { addAndNorm, type Building, joinedLinears, type LinearShape, linear, rmsNorm } from './layers.ts';

/** What a graph does at the named places of its layers; each gives back the value that goes on. */
export interface Hooks {
  /** The input of a Linear, `layers.3.mlp.down_proj.input`, [B, S, width]. */
  linearInput(site: string, value: Value, width: number): Value;
  /** The residual stream, `embedding.output` and as it leaves a layer, `layers.3.residual`, [B, S, D]. */
  stream(site: string, value: Value): Value;
  /** `final_norm.output`, [B, S, D]. */
  output(site: string, value: Value): Value;
}

/** Nothing is captured and nothing disturbed. */
export const NO_HOOKS: Hooks = {
  linearInput: (_, value) => value,
  stream: (_, value) => value,
  output: (_, value) => value,
};

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
export function enterLayers(building: Building, embedded: Value, hooks: Hooks = NO_HOOKS): Stream {
  const residual = hooks.stream('embedding.output', embedded);
  return { normed: rmsNorm(building, inputNorm(building, 0), residual, building.config.hiddenSize), residual };
}

export function project(building: Building, layer: number, normed: Value, hooks: Hooks = NO_HOOKS): Projections {
  const { hiddenSize, headCount, keyValueHeadCount, headSize, queryKeyValueBias: bias, fusedProjections } = building.config;
  if (fusedProjections) return projectFused(building, layer, normed, hooks);
  const parts = [
    ['q', headCount],
    ['k', keyValueHeadCount],
    ['v', keyValueHeadCount],
  ] as const;
  const linears = parts.map(([letter, heads]) => ({
    name: `${attentionOf(layer)}.${letter}_proj`,
    shape: { inputSize: hiddenSize, outputSize: heads * headSize, bias },
  }));
  const made =
    hooks === NO_HOOKS
      ? joinedLinears(building, normed, linears)
      : linears.map(({ name, shape }) => hookedLinear(building, name, normed, shape, hooks));
  const [query, key, value] = made as [Value, Value, Value];
  if (!building.config.queryKeyNorm) return { query, key, value };
  return { query: normHeads(building, layer, 'q', query, headCount), key: normHeads(building, layer, 'k', key, keyValueHeadCount), value };
}

/** One Linear whose output is query, key and value in turn. */
function projectFused(building: Building, layer: number, normed: Value, hooks: Hooks): Projections {
  const { g, config } = building;
  const sizes = [config.headCount, config.keyValueHeadCount, config.keyValueHeadCount].map((heads) => heads * config.headSize);
  const shape = { inputSize: config.hiddenSize, outputSize: sizes.reduce((a, b) => a + b), bias: config.queryKeyValueBias };
  const all = hookedLinear(building, `${attentionOf(layer)}.qkv_proj`, normed, shape, hooks);
  const [query, key, value] = g.nodes('Split', [all, g.ints(sizes)], sizes.length, { axis: -1 });
  return { query: query!, key: key!, value: value! };
}

/** What follows the attention [B, S, heads * headSize], up to the next layer's norm (after the last layer: the final norm). */
export function finishLayer(building: Building, layer: number, attention: Value, residual: Value, hooks: Hooks = NO_HOOKS): Stream {
  const { hiddenSize, headCount, headSize, outputBias, layerCount } = building.config;
  const shape = { inputSize: headCount * headSize, outputSize: hiddenSize, bias: outputBias };
  const attended = hookedLinear(building, `${attentionOf(layer)}.o_proj`, attention, shape, hooks);
  const middle = addAttended(building, layer, attended, residual);
  const transformed = normBranch(building, layer, 'post_feedforward', feedForward(building, layer, middle.normed, hooks));
  const left = addAndNorm(building, inputNorm(building, layer + 1), transformed, middle.residual);
  const stream = hookedStream(building, layer, left, hooks);
  return layer + 1 < layerCount ? stream : { ...stream, normed: hooks.output('final_norm.output', stream.normed) };
}

/** `post_attention_layernorm` norms the sum, or the branch (Gemma), which then has another name for the norm of the sum. */
function addAttended(building: Building, layer: number, attended: Value, residual: Value): Stream {
  const norm = building.config.branchNorms ? 'pre_feedforward' : 'post_attention';
  return addAndNorm(building, `model.layers.${layer}.${norm}_layernorm`, normBranch(building, layer, 'post_attention', attended), residual);
}

function normBranch(building: Building, layer: number, name: string, branch: Value): Value {
  const { branchNorms, hiddenSize } = building.config;
  return branchNorms ? rmsNorm(building, `model.layers.${layer}.${name}_layernorm`, branch, hiddenSize) : branch;
}

/** The fused sum and norm serves as long as the stream goes on as it is; what is disturbed is normed anew. */
function hookedStream(building: Building, layer: number, stream: Stream, hooks: Hooks): Stream {
  const residual = hooks.stream(`layers.${layer}.residual`, stream.residual);
  if (residual === stream.residual) return stream;
  return { normed: rmsNorm(building, inputNorm(building, layer + 1), residual, building.config.hiddenSize), residual };
}

function feedForward(building: Building, layer: number, x: Value, hooks: Hooks): Value {
  const { g, config } = building;
  const make = (name: string, input: Value, inputSize: number, outputSize: number) =>
    hookedLinear(building, `model.layers.${layer}.mlp.${name}_proj`, input, { inputSize, outputSize, bias: config.mlpBias }, hooks);
  const gateAndUp = (): readonly Value[] => {
    const { hiddenSize, intermediateSize: inner } = config;
    if (!config.fusedProjections) return [make('gate', x, hiddenSize, inner), make('up', x, hiddenSize, inner)];
    return g.nodes('Split', [make('gate_up', x, hiddenSize, 2 * inner), g.ints([inner, inner])], 2, { axis: -1 });
  };
  const [gate, up] = gateAndUp();
  return make('down', g.node('Mul', [activate(g, config.activation, gate!), up!]), config.intermediateSize, config.hiddenSize);
}

function activate(g: GraphBuilder, activation: Activation, x: Value): Value {
  switch (activation) {
    case 'silu':
      // x * sigmoid(1 * x) in one operator.
      return g.node('QuickGelu', [x], { alpha: { float: 1 } }, { domain: 'microsoft' });
    case 'gelu_pytorch_tanh':
      return g.node('Gelu', [x], { approximate: 'tanh' });
  }
}

function hookedLinear(building: Building, name: string, x: Value, shape: LinearShape, hooks: Hooks): Value {
  return linear(building, name, hooks.linearInput(`${name.replace(/^model\./, '')}.input`, x, shape.inputSize), shape);
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
