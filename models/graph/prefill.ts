// The keys and values of one prompt as a graph, laid out as the decode loop reads them. One prompt at a time, so that its
// numbers are a function of its ids alone. In: ids [1, S], S - 1 and S, rotary tables; out, per layer: rotated keys
// transposed [keyValueHeads, headSize, S] and values [keyValueHeads, S, headSize]. No LM head: the loop starts with the
// prompt's last token.
import { enterLayers, finishLayer, project } from './decoder-layers.ts';
import { type BuiltGraph, buildModel, graph, type Value } from './graph-builder.ts';
import { type Building, embedding } from './layers.ts';
import type { ModelConfig } from './model-config.ts';
import { attendPrompt, type PromptInputs, tableInputs } from './prompt-attention.ts';
import type { WeightSource } from './weights.ts';

export const promptKeyName = (layer: number) => `prompt_key.${layer}`;
export const promptValueName = (layer: number) => `prompt_value.${layer}`;

export function buildPrefill(config: ModelConfig, weights: WeightSource): BuiltGraph {
  const g = graph('prefill');
  const building: Building = { g, config, weights };
  const ids = g.input('ids', 'int64', [1, 'positions']);
  const inputs: PromptInputs = {
    lastPositions: g.input('last_position', 'int32', [1]),
    length: g.input('length', 'int32', []),
    tables: tableInputs(g, config, 'table'),
  };

  let stream = enterLayers(building, embedding(building, ids));
  for (let layer = 0; layer < config.layerCount; layer++) {
    const { attention, presentKey, presentValue } = attendPrompt(building, layer, project(building, layer, stream.normed), inputs);
    writeOut(building, layer, presentKey, presentValue);
    if (layer < config.layerCount - 1) stream = finishLayer(building, layer, attention, stream.residual);
  }
  return buildModel(g);
}

/** [1, heads, S, size] -> outputs without the batch axis, keys transposed. */
function writeOut({ g, config }: Building, layer: number, key: Value, value: Value): void {
  const { keyValueHeadCount: heads, headSize: size } = config;
  const flat = (x: Value) => g.node('Squeeze', [x, g.ints([0])]);
  g.output(g.node('Transpose', [flat(key)], { perm: [0, 2, 1] }), 'float32', [heads, size, 'positions'], promptKeyName(layer));
  g.output(flat(value), 'float32', [heads, 'positions', size], promptValueName(layer));
}
