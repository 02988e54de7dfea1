// Spec -> Plan: what is linked, with everything in it that keys need: identities (models and datasets as digests), numeric
// environments, queues. Plain JSON comes out; no file is touched.
import { canonicalJson } from '../artifacts/canonical-json.ts';
import { axisParams } from './axes.ts';
import type { Problem } from './issues.ts';
import { type Linked, type LinkedNode, type LinkOptions, linkSpec } from './link.ts';
import { cellName, type Json, type Plan, type PlanNode, type QueueName } from './plan.ts';
import type { Sources } from './sources.ts';
import type { Spec } from './spec.ts';
import { activityName, STEP_CODE, type StepDefinition } from './step.ts';

export interface CompileOptions extends LinkOptions {
  readonly sources: Sources;
  /** Id of the store that holds the run's artifacts. */
  readonly store: string;
  /** What a reader of the results must know beforehand (a dataset that was not to be had). */
  readonly warnings?: readonly string[];
}

export type Compiled =
  | { readonly plan: Plan; readonly problems?: undefined }
  | { readonly problems: readonly Problem[]; readonly plan?: undefined };

export function compile(spec: Spec, options: CompileOptions): Compiled {
  const { linked, problems } = linkSpec(spec, options);
  if (problems !== undefined) return { problems };
  const refused = linked.nodes.flatMap((node) => sourceProblems(node, options.sources));
  return refused.length > 0 ? { problems: refused } : { plan: makePlan(spec, linked, options) };
}

function makePlan(spec: Spec, linked: Linked, { params, matrix = {}, sources, store, warnings = [] }: CompileOptions): Plan {
  const shared = Object.entries(params).filter(([name]) => !Object.hasOwn(matrix, name));
  return {
    format: 1,
    pipeline: spec.name,
    description: spec.description,
    params: Object.fromEntries(shared),
    nodes: linked.nodes.map((node) => planNode(node, sources)),
    results: linked.results,
    ...(linked.cells.length === 0 ? {} : { cells: linked.cells }),
    views: spec.dashboard.views,
    sources: sources as unknown as Json,
    warnings: [...linked.warnings, ...warnings],
    store,
  };
}

function planNode({ id, cell, step, params, inputs, axes }: LinkedNode, sources: Sources): PlanNode {
  const selections = axisParams(step);
  const own = Object.entries(params).filter(([name]) => !selections.has(name));
  return {
    id,
    ...(Object.keys(cell).length === 0 ? {} : { cell }),
    step: step.name,
    version: step.version,
    activity: activityName(step.name),
    queue: queueOf(step.device, params.device),
    params,
    identity: {
      ...withoutAdded({ ...Object.fromEntries(own), ...step.identity?.(params, sources) }, step),
      ...(step.code === undefined ? {} : { [STEP_CODE]: step.code }),
    },
    environment: step.environment?.(params, sources) ?? null,
    inputs,
    outputs: Object.keys(step.outputs),
    axes,
    shardUnits: step.shardUnits,
  };
}

/** Params that came later are in a key only where they change something. */
function withoutAdded(identity: Readonly<Record<string, Json>>, { addedParams = {} }: StepDefinition): Record<string, Json> {
  const says = (name: string, value: Json) =>
    !Object.hasOwn(addedParams, name) || canonicalJson(value) !== canonicalJson(addedParams[name]);
  return Object.fromEntries(Object.entries(identity).filter(([name, value]) => says(name, value)));
}

function queueOf(device: 'light' | 'model', param: Json | undefined): QueueName {
  if (device === 'light') return 'tstar';
  return param === 'cuda' ? 'tstar-cuda' : 'tstar-cpu';
}

/** What only the sources can tell: rows beyond the end of a split. */
function sourceProblems({ name, cell, step, params }: LinkedNode, sources: Sources): readonly Problem[] {
  const messages = step.check?.(params, sources) ?? [];
  const where = Object.keys(cell).length === 0 ? '' : ` (where ${cellName(cell)})`;
  return messages.map((message) => ({ in: 'spec', path: ['steps', name], atKey: true, kind: 'refused', message: `${message}${where}` }));
}
