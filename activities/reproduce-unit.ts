// Computes one unit of a recorded run again, alone, from the run's plan and the inputs that it read, and compares the bytes
// with what is stored. Puts nothing. Needs no Temporal: the step's own code is called with one unit.
import type { Digest } from '../artifacts/digest.ts';
import { digestOf } from '../artifacts/digest.ts';
import { indexLookUp } from '../artifacts/index-artifact.ts';
import type { RunRecord } from '../artifacts/run-record.ts';
import { UserError } from '../formats/user-error.ts';
import { type Coordinates, formatCoordinates, type PlanNode } from '../pipelines/plan.ts';
import type { Sources } from '../pipelines/sources.ts';
import type { StepDefinition, UnitResult } from '../pipelines/step.ts';
import { getIndex, getIndexes, getPlan } from './plan-store.ts';
import type { Services } from './services.ts';
import { encodeOutputs, refuseOtherEnvironment, unitCall } from './unit-call.ts';

export interface ReproducedOutput {
  readonly output: string;
  readonly stored: Digest;
  readonly made: Digest;
  /** Where the values first differ (`hidden_last[3]: 0.25 -> 0.5`), null where the bytes are the same. */
  readonly difference: string | null;
}

export interface ReproduceRequest {
  readonly record: RunRecord;
  readonly step: StepDefinition;
  readonly node: PlanNode;
  readonly place: Coordinates;
}

export async function reproduceUnit(
  { record, step, node, place }: ReproduceRequest,
  services: Services,
  signal: AbortSignal,
): Promise<readonly ReproducedOutput[]> {
  const { store } = services;
  const sources = (await getPlan(store, record.plan)).sources as unknown as Sources;
  if (step.version !== node.version)
    throw new UserError(
      `${record.run} ran ${step.name} version ${node.version}, this tstar has version ${step.version}: use the tstar of that run`,
    );
  refuseOtherEnvironment(step, node, sources);
  const digests = Object.fromEntries(record.nodes.flatMap(({ id, index }) => (index === null ? [] : [[id, index]])));
  const own = digests[node.id];
  if (own === undefined) throw new UserError(`${record.run} did not finish ${node.id}: nothing is stored to compare with`);
  const stored = indexLookUp(await getIndex(store, own, node.id))(place);
  if (stored === undefined) throw new UserError(`${record.run} has no unit ${formatCoordinates(place)} of ${node.id}`);
  const unit = unitCall(step, node, await getIndexes(store, node, digests), store, place);
  const call = {
    params: node.params,
    units: [unit],
    environment: node.environment,
    sources,
    services,
    signal,
    progress: () => undefined,
    warn: () => undefined,
  };
  const results: UnitResult[] = [];
  for await (const result of step.run(call)) results.push(result);
  const [result] = results;
  if (result === undefined) throw new Error(`${step.name} gave no result for ${formatCoordinates(place)}`);
  const compared: ReproducedOutput[] = [];
  for await (const { name, type, bytes } of encodeOutputs(step, result)) {
    const [made, before] = [digestOf(bytes), stored.outputs[name] as Digest];
    const difference = made === before ? null : await describeDifference(await store.getObject(before), bytes, (data) => type.decode(data));
    compared.push({ output: name, stored: before, made, difference });
  }
  return compared;
}

async function describeDifference(
  stored: Uint8Array | undefined,
  made: Uint8Array,
  decode: (bytes: Uint8Array) => unknown,
): Promise<string> {
  if (stored === undefined) return 'the stored object is missing or corrupt';
  const values = firstDifference(await decode(stored), await decode(made));
  if (values !== undefined) return values;
  const at = made.findIndex((byte, i) => byte !== stored[i]);
  return `byte ${at === -1 ? made.length : at}, though the values agree (${stored.length} -> ${made.length} bytes)`;
}

/** The first place where two decoded values differ, as `rows[2].alpha: 0.1 -> 0.2`; undefined where none does. */
export function firstDifference(before: unknown, after: unknown, place = ''): string | undefined {
  if (Object.is(before, after)) return undefined;
  if (!isContainer(before) || !isContainer(after)) return `${place || 'the value'}: ${text(before)} -> ${text(after)}`;
  const lists = isList(before) && isList(after);
  const names = lists
    ? Array.from({ length: Math.max(before.length, after.length) }, (_, i) => i)
    : [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  for (const name of names) {
    const below = typeof name === 'number' ? `${place}[${name}]` : place === '' ? name : `${place}.${name}`;
    const found = firstDifference((before as Record<string, unknown>)[name], (after as Record<string, unknown>)[name], below);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isList(value: object): value is { readonly length: number } {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value);
}

function text(value: unknown): string {
  return value === undefined ? 'none' : (JSON.stringify(value) ?? String(value)).slice(0, 80);
}
