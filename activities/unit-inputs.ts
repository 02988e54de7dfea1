// A missing unit with its inputs: what a step's `run` reads from the store, decoded on demand by the input's artifact type.
import { compareCoordinates, type Index, indexLookUp } from '../artifacts/index-artifact.ts';
import { TransientError } from '../formats/user-error.ts';
import { formatCoordinates, type PlanNode } from '../pipelines/plan.ts';
import type { StepDefinition, UnitCall } from '../pipelines/step.ts';
import type { Services } from './services.ts';
import type { Indexes } from './unit-keys.ts';

export function unitCall(
  step: StepDefinition,
  node: PlanNode,
  indexes: Indexes,
  { store }: Services,
  coordinates: UnitCall['coordinates'],
): UnitCall {
  const inputOf = (name: string) => {
    const [planned, declared] = [node.inputs[name], step.inputs[name]];
    if (planned === undefined || declared === undefined) throw new Error(`${step.name} has no input ${name} in this plan`);
    return { ...planned, type: declared.type, index: indexes.get(planned.node) as Index };
  };
  const decode = async (input: ReturnType<typeof inputOf>, entry: Index['entries'][number] | undefined): Promise<unknown> => {
    const digest = entry?.outputs[input.output];
    const bytes = digest === undefined ? undefined : await store.getObject(digest);
    if (bytes === undefined)
      throw new TransientError(
        `${input.node}.${input.output} at ${formatCoordinates(entry?.coordinates ?? coordinates)} was lost from the store; run the pipeline again to recompute it`,
      );
    return input.type.decode(bytes);
  };
  return {
    coordinates,
    read: async <T>(name: string) => {
      const input = inputOf(name);
      return (await decode(input, indexLookUp(input.index)(coordinates))) as T;
    },
    readAll: async <T>(name: string) => {
      const input = inputOf(name);
      const entries = [...input.index.entries].sort((a, b) => compareCoordinates(a.coordinates, b.coordinates));
      return Promise.all(entries.map(async (entry) => ({ coordinates: entry.coordinates, value: (await decode(input, entry)) as T })));
    },
  };
}
