// What a person or client asked for, checked before anything runs: the payload of the start form, the options of the command
// line, and which nodes of the plan they select. Every problem is a UserError, worded for the person who typed it.
import { userError } from './failures.ts';
import type { PlannedNode, PlannedRun, RunInput, RunOptions } from './messages.ts';
import { UnreadablePayload } from './unreadable-payload.ts';

/** Above this a run only makes its own queue longer; each worker works at one ONNX shard at a time. */
export const MAX_CONCURRENCY = 1000;

/** The first payload: one JSON object, or none at all. */
export function checkInput(workflowType: string, input: unknown): RunInput {
  if (isObject(input)) return input as RunInput;
  throw userError(`${workflowType}: the input must be one JSON object such as {} or { "promptCount": 20 }, but it is ${kindOf(input)}`);
}

const OPTIONS: readonly string[] = ['force', 'until', 'concurrency', 'shardUnits'];

/** The second payload, which the command line sends. */
export function checkOptions(workflowType: string, options: unknown): RunOptions {
  if (!isObject(options)) throw userError(`${workflowType}: the run options must be one JSON object, but they are ${kindOf(options)}`);
  const unknown = Object.keys(options).filter((name) => !OPTIONS.includes(name));
  if (unknown.length > 0) throw userError(`${workflowType}: unknown run option ${unknown.join(', ')}; there are ${OPTIONS.join(', ')}`);
  for (const name of ['force', 'until']) {
    const value = options[name];
    if (value !== undefined && !(Array.isArray(value) && value.every((id) => typeof id === 'string')))
      throw userError(`${workflowType}: run option ${name} must be a list of step names, but it is ${kindOf(value)}`);
  }
  if (options.concurrency !== undefined) checkConcurrency(options.concurrency);
  if (options.shardUnits !== undefined) checkShardUnits(options.shardUnits);
  return options as RunOptions;
}

/** The third payload is a run's own, when it continues as new; a person has no use for it. */
export function checkCarried(workflowType: string, carried: unknown, continued: boolean): void {
  if (carried === undefined || (continued && isObject(carried))) return;
  throw userError(`${workflowType}: takes an input and run options and nothing more, but a third argument came`);
}

const MAX_SHARD_UNITS = 100_000;

function checkShardUnits(count: unknown): void {
  if (typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= MAX_SHARD_UNITS) return;
  throw userError(`shardUnits must be a whole number of units from 1 to ${MAX_SHARD_UNITS}, but it is ${shownValue(count)}`);
}

export function checkConcurrency(count: unknown): number {
  if (typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= MAX_CONCURRENCY) return count;
  throw userError(`concurrency must be a whole number of shards from 1 to ${MAX_CONCURRENCY}, but it is ${shownValue(count)}`);
}

/** The nodes that run, each after those that it reads: all of them, or those that `until` names with everything they need. */
export function selectNodes(planned: PlannedRun, options: RunOptions): readonly PlannedNode[] {
  const byId = new Map(planned.nodes.map((node) => [node.id, node]));
  for (const option of ['force', 'until'] as const) {
    for (const id of options[option] ?? []) {
      if (!byId.has(id))
        throw userError(`--${option} ${id}: ${planned.pipeline} has no such step; its steps are ${[...byId.keys()].join(', ')}`);
    }
  }
  const ordered = new Map<string, PlannedNode>();
  const visit = (id: string, from: readonly string[]): void => {
    const node = byId.get(id);
    if (node === undefined || from.includes(id))
      throw userError(`${planned.pipeline}: the plan's step ${id} is missing or reads itself (${from.join(' -> ')})`);
    if (ordered.has(id)) return;
    for (const before of node.after) visit(before, [...from, id]);
    ordered.set(id, node);
  };
  for (const id of options.until ?? byId.keys()) visit(id, []);
  return [...ordered.values()];
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  // A payload of bytes decodes to a Uint8Array, which is no JSON object either.
  const isPlain = typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
  return isPlain && !(value instanceof UnreadablePayload);
}

function shownValue(value: unknown): string {
  return value instanceof UnreadablePayload ? value.why : JSON.stringify(value);
}

function kindOf(value: unknown): string {
  if (value instanceof UnreadablePayload) return value.why;
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (ArrayBuffer.isView(value)) return 'bytes';
  const kind = typeof value;
  return kind === 'string' ? 'a text' : `a ${kind}`;
}
