// A finished unit into the store: each output encoded and put, then the manifest that makes the unit count as there. Gives
// what it cost.
import type { UnitKey } from '../artifacts/key.ts';
import type { Manifest, ManifestOutput } from '../artifacts/manifest.ts';
import type { Cost, PlanNode } from '../pipelines/plan.ts';
import type { StepDefinition, UnitResult } from '../pipelines/step.ts';
import { machine, versions } from './machine.ts';
import type { Services } from './services.ts';
import { encodeOutputs } from './unit-call.ts';
import { outputBytes } from './unit-price.ts';

export interface FinishedUnit {
  readonly result: UnitResult;
  readonly key: UnitKey;
  readonly durationMs: number;
  readonly run: string;
  readonly warnings: readonly string[];
}

export async function putUnit(
  step: StepDefinition,
  node: PlanNode,
  { store }: Services,
  { result, key, durationMs, run, warnings }: FinishedUnit,
): Promise<Cost> {
  const outputs: Record<string, ManifestOutput> = {};
  for await (const { name, type, bytes } of encodeOutputs(step, result)) {
    outputs[name] = { digest: await store.putObject(bytes), sizeBytes: bytes.length, type: type.name, format: type.format };
  }
  const manifest = {
    key: key.key,
    components: key.components,
    outputs,
    params: node.params,
    startedAt: new Date(Date.now() - durationMs).toISOString(),
    durationMs,
    ...(result.tokens === undefined ? {} : { tokens: result.tokens }),
    device: step.device === 'light' ? 'light' : String(node.params.device ?? 'cpu'),
    machine: machine(),
    versions: versions(),
    run,
    node: node.id,
    warnings: [...warnings],
  };
  await store.putManifest(manifest as unknown as Manifest);
  return { seconds: durationMs / 1000, bytes: outputBytes({ outputs }), tokens: result.tokens ?? 0 };
}
