// One unit as a step is handed it and gives it back: inputs decoded on demand, outputs as bytes. The shard activities and
// `tstar repro` share it, so that what is computed again is computed alike.
import type { ArtifactType } from '../artifacts/artifact-type.ts';
import { canonicalJson } from '../artifacts/canonical-json.ts';
import { compareCoordinates, type Index, indexLookUp } from '../artifacts/index-artifact.ts';
import type { Store } from '../artifacts/store.ts';
import { TransientError, UserError } from '../formats/user-error.ts';
import { formatCoordinates, type PlanNode } from '../pipelines/plan.ts';
import type { Sources } from '../pipelines/sources.ts';
import { STEP_CODE, type StepDefinition, type UnitCall, type UnitResult } from '../pipelines/step.ts';
import { LostError } from './lost-error.ts';
import type { Indexes } from './unit-keys.ts';

/** Keys promise a numeric environment: a worker with another one must not fill them. Another worker may fit, so it is retried. */
export function refuseOtherEnvironment(step: StepDefinition, node: PlanNode, sources: Sources): void {
  refuseOtherVersion(step, node);
  refuseOtherCode(step, node);
  if (step.environment === undefined) return;
  const [planned, here] = [canonicalJson(node.environment), canonicalJson(step.environment(node.params as never, sources))];
  if (planned !== here)
    throw new TransientError(
      `this worker's numeric environment is not the plan's: planned ${planned}, here ${here}. Run a worker of the same version.`,
    );
}

/** A run that was begun before an upgrade must not have its units filled by a step that gives other bytes since. */
function refuseOtherVersion(step: StepDefinition, node: PlanNode): void {
  if (step.version === node.version) return;
  const both = `${node.id} was planned with version ${node.version} of ${step.name}, and this worker has version ${step.version}`;
  // A worker of the newer version may be there already; the older one does not come back.
  if (step.version < node.version) throw new TransientError(`${both}: start the workers again with the newer tstar`);
  throw new UserError(`${both}: start the run again; what its other steps computed is in the cache`);
}

/** The same of the code of a step of one's own: this worker has read another version of its module. */
function refuseOtherCode(step: StepDefinition, node: PlanNode): void {
  const planned = node.identity[STEP_CODE];
  if (planned === step.code) return;
  throw new TransientError(
    `the code of ${step.name} that this worker has is not the plan's: planned ${String(planned ?? 'the step of the catalogue')}, here ${step.code ?? 'the step of the catalogue'}. Start the workers again with the same TSTAR_STEPS.`,
  );
}

/** What a step sees of one unit: its place, and its inputs decoded from the store. */
export function unitCall(
  step: StepDefinition,
  node: PlanNode,
  indexes: Indexes,
  store: Store,
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
      throw new LostError({
        what: `${input.node}.${input.output} at ${formatCoordinates(entry?.coordinates ?? coordinates)}`,
        plan: false,
        nodes: [input.node],
      });
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

export interface EncodedOutput {
  readonly name: string;
  readonly type: ArtifactType<unknown>;
  readonly bytes: Uint8Array;
}

/** Encodes one output after the other, each when it is asked for. */
export async function* encodeOutputs(step: StepDefinition, { outputs }: UnitResult): AsyncGenerator<EncodedOutput> {
  for (const [name, type] of Object.entries(step.outputs)) yield { name, type, bytes: await type.encode(outputs[name]) };
}
