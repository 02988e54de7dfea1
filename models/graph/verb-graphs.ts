// Which graph a verb runs, or what is declared at sites: built from config and weights' places, or from the config alone for its digest.
import { buildForward, type ForwardDeclaration } from './forward.ts';
import type { BuiltGraph } from './graph-builder.ts';
import { buildHead } from './head.ts';
import type { ModelConfig } from './model-config.ts';
import { HEAD_SITE, linearSites } from './sites.ts';
import type { WeightSource } from './weights.ts';

export type ForwardVerb = 'capture' | 'inject' | 'injectBySite' | 'score';

export function buildVerbGraph(config: ModelConfig, weights: WeightSource, verb: ForwardVerb | ForwardDeclaration): BuiltGraph {
  if (typeof verb !== 'string') return buildForward(config, weights, verb);
  switch (verb) {
    case 'capture':
      return buildForward(config, weights, { capture: [HEAD_SITE], noise: [] });
    case 'inject':
      return buildForward(config, weights, { capture: [], noise: linearSites(config).map(({ name }) => name) });
    case 'injectBySite':
      return buildForward(config, weights, { capture: [], noise: linearSites(config).map(({ name }) => name), scales: 'each site' });
    case 'score':
      return buildHead(config, weights);
  }
}
