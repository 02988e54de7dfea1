// The names of all sites of a resolved model in the order of a pass: of a model that is built here from its config alone, of an
// export as its graph was read.
import type { ModelSource } from '../../pipelines/sources.ts';
import { parseModelConfig } from './model-config.ts';
import { LOGITS_SITE, listSites } from './sites.ts';

export function listSiteNames({ config, exported }: Pick<ModelSource, 'config' | 'exported'>): readonly string[] {
  return exported?.sites ?? listSites(parseModelConfig(config)).map(({ name }) => name);
}

/** Where noise can be put: anywhere in front of the logits, in an export at the inputs of its Linears. */
export function listNoiseSites(source: Pick<ModelSource, 'config' | 'exported'>): readonly string[] {
  return source.exported?.linearSites ?? listSiteNames(source).filter((name) => name !== LOGITS_SITE);
}
