// The hook points of a model by its name: of one that is built here from its config alone, of an export from its graph.
import { findExport } from './exported/find-export.ts';
import { parseModelConfig } from './graph/model-config.ts';
import { listSites, type Site } from './graph/sites.ts';
import { parseModelName } from './model-name.ts';
import { openPlace } from './model-place.ts';
import { type ResolveModelOptions, resolveModel } from './resolve-model.ts';

export async function listModelSites(name: string, options: ResolveModelOptions): Promise<readonly Site[]> {
  const model = parseModelName(name);
  const found = model.kind === 'catalog' ? undefined : await findExport(await openPlace(model, options));
  if (found !== undefined) return found.exported.sites;
  const { config, origin } = await resolveModel(name, options);
  return listSites(parseModelConfig(config, `${name} (${origin}): config.json`));
}
