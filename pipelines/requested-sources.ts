// Which models and datasets a linked pipeline names: what has to be resolved to digests before it can be compiled. A step
// says so in its schema: `.meta({ source: 'model' })`, `.meta({ source: 'dataset', split: NAME_OF_THE_SPLIT_PARAM })`.
import type { z } from 'zod';
import { unwrap } from './expected.ts';
import type { LinkedNode } from './link.ts';
import { datasetRequest } from './sources.ts';

export interface RequestedSources {
  readonly models: readonly string[];
  readonly datasets: readonly { readonly preference: readonly string[]; readonly split: string }[];
}

type Named = Pick<LinkedNode, 'step' | 'params'>;

export function requestedSources({ nodes }: { readonly nodes: readonly Named[] }): RequestedSources {
  const models = new Set<string>();
  const datasets = new Map<string, RequestedSources['datasets'][number]>();
  for (const node of nodes)
    for (const [name, schema] of Object.entries(node.step.params.shape)) {
      const meta = metaOf(schema as z.ZodType);
      const value = node.params[name];
      if (value === undefined) continue;
      if (meta?.source === 'model') models.add(String(value));
      if (meta?.source === 'dataset') {
        const request = { preference: [value].flat().map(String), split: splitOf(node, meta.split) };
        datasets.set(datasetRequest(request.preference, request.split), request);
      }
    }
  return { models: [...models], datasets: [...datasets.values()] };
}

function splitOf(node: Named, param: unknown): string {
  const split = node.params[String(param)];
  if (typeof split !== 'string') throw new Error(`${node.step.name} names no split for its dataset (param ${String(param)})`);
  return split;
}

/** Meta data may sit outside or inside of `default` and `optional`. */
function metaOf(schema: z.ZodType): Readonly<Record<string, unknown>> | undefined {
  const own = schema.meta();
  return own?.source === undefined ? unwrap(schema).meta() : own;
}
