// The LM head alone: hidden states [R, D] -> logits [R, V], on the weights of the checkpoint (the embedding's where tied).
import { type BuiltGraph, buildModel, graph } from './graph-builder.ts';
import { headWeight, timesTransposed } from './layers.ts';
import type { ModelConfig } from './model-config.ts';
import type { WeightSource } from './weights.ts';

export const HIDDEN = 'hidden';
export const LOGITS = 'logits';

export function buildHead(config: ModelConfig, weights: WeightSource): BuiltGraph {
  const g = graph('head');
  const hidden = g.input(HIDDEN, 'float32', ['R', config.hiddenSize]);
  const logits = timesTransposed(g, hidden, headWeight({ g, config, weights }), LOGITS);
  g.output(logits, 'float32', ['R', config.vocabSize]);
  return buildModel(g);
}
