// Models and datasets that a spec names, resolved to digests before compile. `plan` and `planPipeline` both come here; it
// looks (catalogue, cache, mirrors, hub) and downloads nothing but a hub's small configuration files.
import type { Hub } from '../hub/hub.ts';
import { type DatasetSource, datasetRequest, type ModelSource, type Sources } from '../pipelines/sources.ts';

export interface RequestedSources {
  readonly models: readonly string[];
  readonly datasets: readonly { readonly preference: readonly string[]; readonly split: string }[];
}

export async function resolveSources(
  requested: RequestedSources,
  { hub, signal }: { readonly hub: Hub; readonly signal: AbortSignal },
): Promise<Sources> {
  const { resolveModel } = await import('../models/resolve-model.ts');
  const { questionHub } = await import('../datasets/question-hub.ts');
  const { resolveDataset } = await import('../datasets/resolve-dataset.ts');
  const models = await Promise.all(
    requested.models.map(async (name): Promise<[string, ModelSource]> => [name, await resolveModel(name, { hub, signal })]),
  );
  const datasets = await Promise.all(
    requested.datasets.map(
      async ({ preference, split }): Promise<[string, DatasetSource]> => [
        datasetRequest(preference, split),
        await resolveDataset(preference, split, { hub: questionHub(hub), signal }),
      ],
    ),
  );
  return { models: Object.fromEntries(models), datasets: Object.fromEntries(datasets) };
}

/** What a reader of the results must know about the sources: a preferred dataset that was not to be had, Linears that are one. */
export function sourceWarnings(sources: Sources): readonly string[] {
  const datasets = Object.values(sources.datasets).filter(({ name, preference }) => name !== preference[0]);
  return [...datasets.map(fallbackWarning), ...Object.values(sources.models).flatMap(fusionWarning)];
}

function fusionWarning({ name, exported }: ModelSource): string[] {
  const [first, ...others] = exported?.fusedSites ?? [];
  if (first === undefined) return [];
  const rest = others.length === 0 ? '' : ` and ${others.length} more like it`;
  return [
    `model ${name}: its exporter fused Linears of the architecture into one (${first}${rest}): noise there is one draw for all of them`,
  ];
}

function fallbackWarning({ name, preference, split }: DatasetSource): string {
  return `dataset ${preference[0]} could not be reached: ${name} (${split}) is used instead`;
}
