// A block of decode steps as one graph: an ONNX Loop whose state is the last token and the block's own keys and values (the
// tail). What came before is constant input: the prompts' keys and values, which all sequences of a prompt share, and those
// of the sequences' earlier blocks. Out come token ids and the tail. Sizes: B sequences (`batch`) of P `prompts`.
// Every row's result is a function of that row: products give a row the same bits at any number of rows, uniforms are inputs,
// and the attention (decode-attention.ts) puts the only padded part last.
import { DATA_TYPES } from '../../formats/onnx-proto.ts';
import { type AttentionInputs, attend, partDims, partName, startAttention, startStep, type Tail } from './decode-attention.ts';
import { enterLayers, finishLayer, project } from './decoder-layers.ts';
import { type BuiltGraph, buildModel, type GraphBuilder, graph, type Value } from './graph-builder.ts';
import { type Building, embedding, headWeight, timesTransposed } from './layers.ts';
import type { ModelConfig } from './model-config.ts';
import { sampleTokens, suppressIds } from './sampler.ts';
import type { WeightSource } from './weights.ts';

export interface DecodeLoopOptions {
  /** These ids are never chosen. */
  readonly suppressIds?: readonly number[];
}

/** int64 [steps, B, 1]; beside it come the tails, named as `partName('tail', ...)`. */
export const TOKENS_OUTPUT = 'tokens';

export function buildDecodeLoop(config: ModelConfig, weights: WeightSource, options: DecodeLoopOptions = {}): BuiltGraph {
  const g = graph('decode_loop');
  const inputs = declareInputs(g);
  const attention = startAttention(g, config, inputs.ids);
  const body = g.subgraph('step');
  buildStep({ g: body, config, weights }, inputs, attention, options);

  const layers = Array.from({ length: config.layerCount }, (_, layer) => layer);
  const tails = layers.flatMap((layer) => [partName('tail', 'key', layer), partName('tail', 'value', layer)]);
  const empty = tails.map(() => attention.emptyTail);
  g.nodes('Loop', [inputs.steps, '', inputs.ids, ...empty], ['last_ids', ...tails, TOKENS_OUTPUT], { body });
  g.output(TOKENS_OUTPUT, 'int64', ['steps', 'batch', 1]);
  for (const layer of layers)
    for (const kind of ['key', 'value'] as const) g.output(partName('tail', kind, layer), 'float32', partDims('tail', config));
  return buildModel(g);
}

interface LoopInputs {
  readonly steps: Value;
  readonly ids: Value;
  readonly positions: Value;
  readonly uniforms: Value;
  readonly inverseTemperatures: Value;
  readonly greedy: Value;
  readonly anyGreedy: Value;
}

function declareInputs(g: GraphBuilder): LoopInputs {
  return {
    steps: g.input('steps', 'int64', []),
    // The token whose successor is drawn first, and its position.
    ids: g.input('ids', 'int64', ['batch', 1]),
    positions: g.input('positions', 'int64', ['batch', 1]),
    uniforms: g.input('uniforms', 'float32', ['steps', 'batch', 1]),
    // 1 / T; 1 where greedy.
    inverseTemperatures: g.input('inverse_temperatures', 'float32', ['batch', 1, 1]),
    greedy: isSet(g, g.input('greedy', 'uint8', ['batch', 1])),
    anyGreedy: isSet(g, g.input('any_greedy', 'uint8', [])),
  };
}

function isSet(g: GraphBuilder, flags: Value): Value {
  return g.node('Cast', [flags], { to: DATA_TYPES.bool });
}

/** The Loop's body: one token in, the next one and the longer tails out. */
function buildStep(building: Building, inputs: LoopInputs, attention: AttentionInputs, options: DecodeLoopOptions): void {
  const { g, config } = building;
  const step = g.input('step', 'int64', []);
  const goOn = g.input('go_on', 'bool', []);
  const ids = g.input('step_ids', 'int64', ['batch', 1]);
  const tails = Array.from({ length: config.layerCount }, (_, layer) => inputTail(building, layer));

  const shared = { ...attention, ...startStep(g, attention, step, inputs.positions) };
  const grown: Tail[] = [];
  let stream = enterLayers(building, embedding(building, ids));
  for (const [layer, tail] of tails.entries()) {
    const attended = attend(building, layer, project(building, layer, stream.normed), tail, shared);
    grown.push(attended.tail);
    stream = finishLayer(building, layer, attended.attention, stream.residual);
  }
  const next = nextIds(building, stream.normed, g.node('Gather', [inputs.uniforms, step]), inputs, options);

  g.output(goOn, 'bool', [], 'go_on_next');
  g.output(next, 'int64', ['batch', 1], 'next_ids');
  for (const { key, value } of grown) {
    g.output(key, 'float32', partDims('tail', config));
    g.output(value, 'float32', partDims('tail', config));
  }
  g.output(next, 'int64', ['batch', 1], 'scanned_ids');
}

function inputTail({ g, config }: Building, layer: number): Tail {
  const input = (kind: 'key' | 'value') => g.input(`step_${kind}.${layer}`, 'float32', partDims('tail', config));
  return { key: input('key'), value: input('value') };
}

/** Dividing the narrow hidden state by T spares a pass over the logits. */
function nextIds(building: Building, hidden: Value, uniform: Value, inputs: LoopInputs, options: DecodeLoopOptions): Value {
  const { g, config } = building;
  const scaled = g.node('Mul', [hidden, inputs.inverseTemperatures]);
  const all = timesTransposed(g, scaled, headWeight(building));
  const ids = options.suppressIds ?? [];
  const logits = ids.length === 0 ? all : suppressIds(g, all, ids, config.vocabSize);
  return sampleTokens(g, { logits, uniform, greedy: inputs.greedy, anyGreedy: inputs.anyGreedy }, config.vocabSize);
}
