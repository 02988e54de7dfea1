// The forward graph of a decoder over one prompt, without padding: token ids [1, S] -> the LM head's input. Declarations at
// sites change what it is: captured sites become outputs, noisy ones take x + z * (scale * std(x)), with scale [B, 1, 1]
// and one z [1 or B, S, in] per site as inputs, so that the scales of a draw share a batch. Architecture as in
// transformers' modeling_llama.py; attention and norms are ONNX Runtime's own operators (com.microsoft).
import { UserError } from '../../formats/user-error.ts';
import { type BuiltGraph, buildModel, graph, type Value } from './graph-builder.ts';
import { addAndNorm, type Building, embedding, linear, rmsNorm } from './layers.ts';
import type { ModelConfig } from './model-config.ts';
import { rotaryTables } from './rotary.ts';
import { HEAD_SITE } from './sites.ts';
import { addScaledNoise } from './std.ts';
import type { WeightSource } from './weights.ts';

const INT32 = 6;

/** Output: the LM head's input at the last position [B, D], its own noise included. */
export const HIDDEN_LAST = 'hidden_last';
const IDS = 'ids';
export const SCALE = 'scale';
const COS = 'cos';
const SIN = 'sin';

/** What every pass over a prompt is fed: its ids and the rotary tables of its positions. */
export function promptFeeds(
  config: ModelConfig,
  ids: readonly number[],
): Record<string, { data: BigInt64Array | Float32Array; dims: number[] }> {
  if (ids.length === 0 || ids.length > config.maxPositions)
    throw new UserError(`a prompt of ${ids.length} tokens: this model takes 1 to ${config.maxPositions} (max_position_embeddings)`);
  const foreign = ids.find((id) => !(Number.isInteger(id) && id >= 0 && id < config.vocabSize));
  if (foreign !== undefined)
    throw new UserError(`token id ${foreign} is none of this model's ${config.vocabSize}: was it tokenized for another model?`);
  const { cos, sin } = rotaryTables(config, ids.length);
  const dims = [ids.length, config.headSize / 2];
  return {
    [IDS]: { data: BigInt64Array.from(ids, BigInt), dims: [1, ids.length] },
    [COS]: { data: cos, dims },
    [SIN]: { data: sin, dims },
  };
}

/** The graph input that carries a site's noise. */
export function noiseInput(site: string): string {
  return `noise.${site}`;
}

export interface ForwardDeclaration {
  /** Sites whose input is an output of the graph, whole: [B, S, in], noise included. */
  readonly capture: readonly string[];
  /** Sites that are disturbed; at the LM head only the last position's noise [1 or B, 1, D] is asked for. */
  readonly noise: readonly string[];
}

export function buildForward(config: ModelConfig, weights: WeightSource, declaration: ForwardDeclaration): BuiltGraph {
  const g = graph('forward');
  const building: Building = { g, config, weights };
  const isNoisy = declaration.noise.length > 0;
  const ids = g.input(IDS, 'int64', [1, 'S']);
  const scale = isNoisy ? g.input(SCALE, 'float32', ['B', 1, 1]) : null;
  const visit = visitor(building, declaration, scale);

  let residual = embedding(building, ids);
  if (scale !== null) residual = g.node('Add', [residual, g.node('Mul', [scale, g.floats(0)])], {}, { name: 'embedding.batch' });
  const attention = attentionParts(building, ids, residual);
  let normed = rmsNorm(building, 'model.layers.0.input_layernorm', residual, config.hiddenSize);
  for (let layer = 0; layer < config.layerCount; layer++) {
    const prefix = `model.layers.${layer}`;
    const attended = attend(building, layer, visit, attention, normed);
    ({ normed, residual } = addAndNorm(building, `${prefix}.post_attention_layernorm`, attended, residual));
    const transformed = mlp(building, layer, visit, normed);
    const next = layer + 1 < config.layerCount ? `model.layers.${layer + 1}.input_layernorm` : 'model.norm';
    ({ normed, residual } = addAndNorm(building, next, transformed, residual));
  }
  g.output(visit.head(normed), 'float32', ['B', config.hiddenSize], HIDDEN_LAST);
  return buildModel(g);
}

interface Visitor {
  /** What the Linear of a site reads, given what arrives there. */
  at(site: string, arriving: Value, width: number): Value;
  /** The last position at the LM head, [B, D]. */
  head(arriving: Value): Value;
}

function visitor({ g, config }: Building, { capture, noise }: ForwardDeclaration, scale: Value | null): Visitor {
  const noisy = new Set(noise);
  const captured = new Set(capture);
  const keep = (site: string, value: Value, width: number) => {
    if (captured.has(site)) g.output(value, 'float32', ['B', 'S', width], site);
  };
  return {
    at(site, arriving, width) {
      let value = arriving;
      if (scale !== null && noisy.has(site)) {
        const z = g.input(noiseInput(site), 'float32', ['N', 'S', width]);
        value = addScaledNoise(g, { x: arriving, disturbed: arriving, z, scale, width });
      }
      keep(site, value, width);
      return value;
    },
    head(arriving) {
      const width = config.hiddenSize;
      keep(HEAD_SITE, arriving, width);
      const last = g.node('Slice', [arriving, g.ints([-1]), g.ints([Number.MAX_SAFE_INTEGER]), g.ints([1])]);
      const flat = (value: Value) => g.node('Reshape', [value, g.ints([-1, width])]);
      if (scale === null || !noisy.has(HEAD_SITE)) return flat(last);
      const z = g.input(noiseInput(HEAD_SITE), 'float32', ['N', 1, width]);
      return flat(addScaledNoise(g, { x: arriving, disturbed: last, z, scale, width }));
    },
  };
}

interface AttentionParts {
  readonly cos: Value;
  readonly sin: Value;
  /** Every sequence's last position, int32 [B]: nothing is padded. */
  readonly lastPositions: Value;
  readonly length: Value;
}

function attentionParts({ g, config }: Building, ids: Value, batched: Value): AttentionParts {
  const half = config.headSize / 2;
  const [cos, sin] = [g.input(COS, 'float32', ['S', half]), g.input(SIN, 'float32', ['S', half])];
  const size = (value: Value, axis: number) => g.node('Shape', [value], { start: axis, end: axis + 1 });
  const length = g.node('Cast', [size(ids, 1)], { to: INT32 });
  const one = g.constant('int32', [1], Int32Array.of(1));
  const lastPositions = g.node('Expand', [g.node('Sub', [length, one]), size(batched, 0)]);
  return { cos, sin, lastPositions, length: g.node('Squeeze', [length]) };
}

function attend(building: Building, layer: number, visit: Visitor, parts: AttentionParts, normed: Value): Value {
  const { g, config } = building;
  const { hiddenSize, headCount, keyValueHeadCount, headSize, queryKeyValueBias, outputBias } = config;
  const site = `layers.${layer}.self_attn`;
  const project = (name: string, heads: number): Value => {
    const shape = { inputSize: hiddenSize, outputSize: heads * headSize, bias: queryKeyValueBias };
    return linear(building, `model.${site}.${name}`, visit.at(`${site}.${name}.input`, normed, hiddenSize), shape);
  };
  const normHeads = (name: string, x: Value): Value => {
    if (!config.queryKeyNorm) return x;
    const heads = g.node('Reshape', [x, g.ints([0, 0, -1, headSize])]);
    return g.node('Reshape', [rmsNorm(building, `model.${site}.${name}`, heads, headSize), g.ints([0, 0, -1])]);
  };
  const query = normHeads('q_norm', project('q_proj', headCount));
  const key = normHeads('k_norm', project('k_proj', keyValueHeadCount));
  const value = project('v_proj', keyValueHeadCount);
  const inputs = [query, key, value, '', '', parts.lastPositions, parts.length, parts.cos, parts.sin];
  const attributes = { num_heads: headCount, kv_num_heads: keyValueHeadCount, do_rotary: 1 };
  const [mixed] = g.nodes('GroupQueryAttention', inputs, 3, attributes, { domain: 'microsoft', name: `${site}.mixed` });
  const width = headCount * headSize;
  const shape = { inputSize: width, outputSize: hiddenSize, bias: outputBias };
  return linear(building, `model.${site}.o_proj`, visit.at(`${site}.o_proj.input`, mixed!, width), shape);
}

function mlp(building: Building, layer: number, visit: Visitor, normed: Value): Value {
  const { g, config } = building;
  const { hiddenSize, intermediateSize, mlpBias: bias } = config;
  const site = `layers.${layer}.mlp`;
  const widen = (name: string): Value =>
    linear(building, `model.${site}.${name}`, visit.at(`${site}.${name}.input`, normed, hiddenSize), {
      inputSize: hiddenSize,
      outputSize: intermediateSize,
      bias,
    });
  const gate = widen('gate_proj');
  const gated = g.node('Mul', [g.node('QuickGelu', [gate], { alpha: { float: 1 } }, { domain: 'microsoft' }), widen('up_proj')]);
  const shape = { inputSize: intermediateSize, outputSize: hiddenSize, bias };
  return linear(building, `model.${site}.down_proj`, visit.at(`${site}.down_proj.input`, gated, intermediateSize), shape);
}
