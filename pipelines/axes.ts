// The axes of a step with their values, from its params and the axes of what it reads; and whether the units that it would
// read are there.
import type { Problem, ProblemDetail } from './issues.ts';
import { MAX_AXIS_VALUES, MAX_UNITS } from './limits.ts';
import { type PlanAxis, type PlanInput, unitCount } from './plan.ts';
import type { Sources } from './sources.ts';
import type { AxisDefinition, StepDefinition } from './step.ts';

export interface AxisSource {
  /** The step's name in the spec. */
  readonly name: string;
  readonly step: StepDefinition;
  readonly params: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, PlanInput>>;
  /** Absent before anything is looked for: axes that need them are empty then. */
  readonly sources: Sources | undefined;
}

type Values = readonly (number | string)[];
export type Axes = { readonly axes: readonly PlanAxis[] } | { readonly problems: readonly Problem[] };

/** `axesOf`: the axes of the nodes that it reads, which are made before. */
export function makeAxes(node: AxisSource, axesOf: (id: string) => readonly PlanAxis[]): Axes {
  const problems: Problem[] = [];
  const at = (key: string | undefined, detail: ProblemDetail) =>
    void problems.push({ in: 'spec', path: ['steps', node.name, ...(key === undefined ? [] : ['with', key])], ...detail });
  const axes = Object.entries(node.step.axes).map(([name, definition]): PlanAxis => {
    const { values, key, ...wrong } = axisValues(name, definition, node, axesOf);
    if (wrong.problem !== undefined) at(key, wrong.problem);
    else if (values.length === 0 && !isOpen(definition, node))
      at(key, { kind: 'out-of-range', value: [], expected: `at least one value for the axis ${name}` });
    return { name, values };
  });
  const units = unitCount({ axes });
  if (units > MAX_UNITS) at(undefined, { kind: 'too-large', what: 'too many units', actual: units, limit: MAX_UNITS });
  if (problems.length === 0)
    for (const [input, edge] of Object.entries(node.inputs))
      for (const detail of edgeProblems(edge, { own: axes, read: axesOf(edge.node), isSingle: node.step.inputs[input]?.single === true }))
        at(input, detail);
  return problems.length > 0 ? { problems } : { axes };
}

/** Whether the axis's values may not be known yet: its own follow from the sources, or those of the axis that it takes. */
function isOpen(definition: AxisDefinition, { sources }: AxisSource): boolean {
  return sources === undefined && ('chosenBy' in definition || 'from' in definition);
}

interface AxisValues {
  readonly values: Values;
  /** The key of `with` that decides the values. */
  readonly key: string;
  readonly problem?: ProblemDetail;
}

function axisValues(
  name: string,
  definition: AxisDefinition,
  { params, inputs, sources }: AxisSource,
  axesOf: (id: string) => readonly PlanAxis[],
): AxisValues {
  if ('list' in definition) return { key: definition.list, values: distinct(params[definition.list]) };
  if ('count' in definition) return counted(definition.count, 0, Number(params[definition.count]));
  if ('range' in definition)
    return counted(definition.range.count, Number(params[definition.range.offset]), Number(params[definition.range.count]));
  if ('chosenBy' in definition)
    return { key: definition.chosenBy, values: sources === undefined ? [] : definition.values(params, sources) };
  const edge = inputs[definition.from];
  const axis = edge === undefined ? undefined : axesOf(edge.node).find((candidate) => candidate.name === name);
  if (axis === undefined)
    return { key: definition.from, values: [], problem: { kind: 'missing-axis', axis: name, input: definition.from } };
  const limit = definition.limit === undefined ? undefined : params[definition.limit];
  return { key: definition.from, values: limit === undefined ? axis.values : axis.values.slice(0, Number(limit)) };
}

function counted(key: string, offset: number, count: number): AxisValues {
  if (count > MAX_AXIS_VALUES)
    return { key, values: [], problem: { kind: 'too-large', what: 'too many values', actual: count, limit: MAX_AXIS_VALUES } };
  return { key, values: Array.from({ length: count }, (_, i) => offset + i) };
}

/** In the order given, each once; -0 is 0. */
function distinct(list: unknown): Values {
  const values = (Array.isArray(list) ? list : []) as Values;
  return [...new Set(values.map((value) => (Object.is(value, -0) ? 0 : value)))];
}

/** An `each` reader must lie on all axes of what it reads, and at places that are there. */
function* edgeProblems(
  edge: PlanInput,
  { own, read, isSingle }: { readonly own: readonly PlanAxis[]; readonly read: readonly PlanAxis[]; readonly isSingle: boolean },
): Generator<ProblemDetail> {
  if (edge.reads === 'all') return;
  const reference = `$${edge.node}.${edge.output}`;
  if (isSingle && read.length > 0) {
    const axes = read.map(({ name }) => name).join(', ');
    yield { kind: 'refused', message: `${reference} has a value for each ${axes}, and this input takes one for all` };
    return;
  }
  for (const axis of read) {
    const mine = own.find((candidate) => candidate.name === axis.name);
    if (mine === undefined) {
      yield { kind: 'axis-mismatch', reference, axis: axis.name, axes: own.map((candidate) => candidate.name) };
      continue;
    }
    const there = new Set(axis.values);
    const missing = mine.values.filter((value) => !there.has(value));
    if (missing.length > 0) yield { kind: 'axis-values', reference, axis: axis.name, missing };
  }
}

/** Params that only choose an axis's values: in no unit's key. */
export function axisParams(step: StepDefinition): ReadonlySet<string> {
  const names = Object.values(step.axes).flatMap((axis) => {
    if ('list' in axis) return [axis.list];
    if ('count' in axis) return [axis.count];
    if ('range' in axis) return [axis.range.offset, axis.range.count];
    if ('chosenBy' in axis) return [axis.chosenBy];
    return axis.limit === undefined ? [] : [axis.limit];
  });
  return new Set(names);
}
