// The inputs of a resolved model's Linears, by name and in module order: of a model that is built here from its config alone, of
// an export as its graph was read.
import type { ModelSource } from '../../pipelines/sources.ts';
import { parseModelConfig } from './model-config.ts';
import { linearSites } from './sites.ts';

export function listLinears({ config, exported }: Pick<ModelSource, 'config' | 'exported'>): readonly string[] {
  return exported?.linearSites ?? linearSites(parseModelConfig(config)).map(({ name }) => name);
}
