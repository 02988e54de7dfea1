// The forward graph of a decoder over one prompt, without padding: token ids [1, S] -> the LM head's input. Declarations at
// sites change what it is: captured sites become outputs, noisy ones take x + z * (scale * std(x)) or x + z * scale, with scale
// [B, 1, 1] (one for all sites, or one each) and one z [1 or B, S, in] per site as inputs, so that the scales of a draw, or groups
// of sites, share a batch: a scale of 0 leaves a site as it is. Architecture as in
// transformers' modeling_llama.py; attention and norms are ONNX Runtime's own operators (com.microsoft).
import { UserError } from '../../formats/user-error.ts';
import type { Amplitude } from '../engine.ts';
import { enterLayers, finishLayer, type Hooks, project } from './decoder-layers.ts';
import { type BuiltGraph, buildModel, graph, type Value } from './graph-builder.ts';
import { type Building, embedding, headWeight, timesTransposed } from './layers.ts';
import type { ModelConfig } from './model-config.ts';
import { attendPrompt, type PromptInputs, promptTableFeeds, tableInputs } from './prompt-attention.ts';
import { HEAD_SITE, LOGITS_SITE } from './sites.ts';
import { addNoise } from './std.ts';
import type { WeightSource } from './weights.ts';

const INT32 = 6;

/** Output: the LM head's input at the last position [B, D], its own noise included. */
export const HIDDEN_LAST = 'hidden_last';
const IDS = 'ids';
export const SCALE = 'scale';

/** What every pass over a prompt is fed: its ids and the rotary tables of its positions. */
export function promptFeeds(
  config: ModelConfig,
  ids: readonly number[],
): Record<string, { data: BigInt64Array | Float32Array; dims: number[] }> {
  checkIds(ids, config);
  return {
    [IDS]: { data: BigInt64Array.from(ids, BigInt), dims: [1, ids.length] },
    ...promptTableFeeds(config, ids.length),
  };
}

/** Ids that a model cannot take are an error before they reach a kernel. */
export function checkIds(ids: readonly number[], { maxPositions, vocabSize }: Pick<ModelConfig, 'maxPositions' | 'vocabSize'>): void {
  if (ids.length === 0 || ids.length > maxPositions)
    throw new UserError(`a prompt of ${ids.length} tokens: this model takes 1 to ${maxPositions} (max_position_embeddings)`);
  const foreign = ids.find((id) => !(Number.isInteger(id) && id >= 0 && id < vocabSize));
  if (foreign !== undefined)
    throw new UserError(`token id ${foreign} is none of this model's ${vocabSize}: was it tokenized for another model?`);
}

/** The graph input that carries a site's scale, [B, 1, 1], where each has its own. */
export function scaleInput(site: string): string {
  return `${SCALE}.${site}`;
}

/** The graph input that carries a site's noise. */
export function noiseInput(site: string): string {
  return `noise.${site}`;
}

export interface ForwardDeclaration {
  /** Sites that are outputs of the graph, whole: [B, S, width], noise included (the LM head's: as it arrives); the logits [B, V] are of the last position. */
  readonly capture: readonly string[];
  /** Sites that are disturbed, any but the logits; at the LM head only the last position's noise [1 or B, 1, D] is asked for. */
  readonly noise: readonly string[];
  /** What the scales are in: the std of what is disturbed (by default), or the numbers themselves. */
  readonly amplitude?: Amplitude;
  /** `each site`: every noisy site has a scale of its own; by default one input is the scale of all. */
  readonly scales?: 'common' | 'each site';
}

/** The input that carries the scale of a noisy site. */
export function scaleOf(site: string, { scales }: ForwardDeclaration): string {
  return scales === 'each site' ? scaleInput(site) : SCALE;
}

/** All inputs that carry scales. */
export function scaleInputs(declaration: ForwardDeclaration): string[] {
  return [...new Set(declaration.noise.map((site) => scaleOf(site, declaration)))];
}

export function buildForward(config: ModelConfig, weights: WeightSource, declaration: ForwardDeclaration): BuiltGraph {
  const g = graph('forward');
  const building: Building = { g, config, weights };
  const ids = g.input(IDS, 'int64', [1, 'S']);
  const scales = scaleInputs(declaration).map((name) => g.input(name, 'float32', ['B', 1, 1]));
  const hooks = declaredHooks(building, declaration);

  let embedded = embedding(building, ids);
  const [scale] = scales;
  if (scale !== undefined) embedded = g.node('Add', [embedded, g.node('Mul', [scale, g.floats(0)])], {}, { name: 'embedding.batch' });
  const inputs = promptInputs(building, ids, embedded);
  let stream = enterLayers(building, embedded, hooks);
  for (let layer = 0; layer < config.layerCount; layer++) {
    const projected = project(building, layer, stream.normed, hooks);
    const { attention } = attendPrompt(building, layer, projected, inputs, `layers.${layer}.self_attn.mixed`);
    stream = finishLayer(building, layer, attention, stream.residual, hooks);
  }
  const last = headInput(building, declaration, stream.normed);
  g.output(last, 'float32', ['B', config.hiddenSize], HIDDEN_LAST);
  if (declaration.capture.includes(LOGITS_SITE))
    g.output(timesTransposed(g, last, headWeight(building), LOGITS_SITE), 'float32', ['B', config.vocabSize]);
  return buildModel(g);
}

/** What the declaration does at the sites of the layers. */
function declaredHooks({ g, config }: Building, declaration: ForwardDeclaration): Hooks {
  const noisy = new Set(declaration.noise);
  const captured = new Set(declaration.capture);
  const disturb = (site: string, arriving: Value, width: number): Value => {
    if (!noisy.has(site)) return arriving;
    const z = g.input(noiseInput(site), 'float32', ['N', 'S', width]);
    return addNoise(g, { x: arriving, disturbed: arriving, z, scale: scaleOf(site, declaration), width }, declaration.amplitude);
  };
  const visit = (site: string, arriving: Value, width: number): Value => {
    const value = disturb(site, arriving, width);
    if (captured.has(site)) g.output(value, 'float32', ['B', 'S', width], site);
    return value;
  };
  const visitStream = (site: string, arriving: Value): Value => visit(site, arriving, config.hiddenSize);
  return { linearInput: visit, stream: visitStream, output: visitStream };
}

/** The last position at the LM head, [B, D]; captured there is every position as it arrives. */
function headInput({ g, config }: Building, declaration: ForwardDeclaration, arriving: Value): Value {
  const width = config.hiddenSize;
  if (declaration.capture.includes(HEAD_SITE)) g.output(arriving, 'float32', ['B', 'S', width], HEAD_SITE);
  const last = g.node('Slice', [arriving, g.ints([-1]), g.ints([Number.MAX_SAFE_INTEGER]), g.ints([1])]);
  const flat = (value: Value) => g.node('Reshape', [value, g.ints([-1, width])]);
  if (!declaration.noise.includes(HEAD_SITE)) return flat(last);
  const z = g.input(noiseInput(HEAD_SITE), 'float32', ['N', 1, width]);
  return flat(addNoise(g, { x: arriving, disturbed: last, z, scale: scaleOf(HEAD_SITE, declaration), width }, declaration.amplitude));
}

function promptInputs({ g, config }: Building, ids: Value, batched: Value): PromptInputs {
  const tables = tableInputs(g, config, 'S');
  const size = (value: Value, axis: number) => g.node('Shape', [value], { start: axis, end: axis + 1 });
  const length = g.node('Cast', [size(ids, 1)], { to: INT32 });
  const one = g.constant('int32', [1], Int32Array.of(1));
  const lastPositions = g.node('Expand', [g.node('Sub', [length, one]), size(batched, 0)]);
  return { tables, lastPositions, length: g.node('Squeeze', [length]) };
}
