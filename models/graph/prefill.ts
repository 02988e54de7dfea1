// The keys and values of one prompt as a graph. One prompt at a time, so that its numbers are a function of its ids alone. In: ids [1, S], S - 1 and S, rotary tables; out, per layer: rotated keys and values [1, keyValueHeads, S, headSize].
// No LM head: the loop starts with the prompt's last token.
import { enterLayers, finishLayer, project } from './decoder-layers.ts';
import { type BuiltGraph, buildModel, graph } from './graph-builder.ts';
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
    for (const [value, name] of [
      [presentKey, promptKeyName(layer)],
      [presentValue, promptValueName(layer)],
    ] as const)
      g.output(value, 'float32', [1, config.keyValueHeadCount, 'positions', config.headSize], name);
    if (layer < config.layerCount - 1) stream = finishLayer(building, layer, attention, stream.residual);
  }
  return buildModel(g);
}
