// A spec's steps tied to the catalogue and to each other: every `with` checked against its step's schema, every reference
// against what it names, cycles refused, axes made. All of it without models or datasets, so that a spec is refused before
// anything is looked for.
import { makeAxes } from './axes.ts';
import { checkValue } from './expected.ts';
import type { Path, Problem } from './issues.ts';
import { MAX_PROBLEMS } from './limits.ts';
import type { Params } from './params.ts';
import type { Json, Plan, PlanAxis, PlanInput } from './plan.ts';
import { parseReference } from './references.ts';
import type { Sources } from './sources.ts';
import type { Spec, StepSpec } from './spec.ts';
import type { StepDefinition } from './step.ts';

export interface LinkedNode {
  readonly id: string;
  readonly step: StepDefinition;
  readonly params: { readonly [name: string]: Json };
  readonly inputs: { readonly [name: string]: PlanInput };
  readonly axes: readonly PlanAxis[];
}

export interface Linked {
  /** Each after what it reads. */
  readonly nodes: readonly LinkedNode[];
  readonly results: Plan['results'];
  readonly warnings: readonly string[];
}

export interface LinkOptions {
  readonly params: Params;
  readonly steps: readonly StepDefinition[];
  /** Names of the dashboard's views; unchecked where absent. */
  readonly views?: readonly string[];
  /** Where they are known; without them axes that follow from a model are empty. */
  readonly sources?: Sources;
}

export type LinkResult =
  | { readonly linked: Linked; readonly problems?: undefined }
  | { readonly problems: readonly Problem[]; readonly linked?: undefined };

export function linkSpec(spec: Spec, options: LinkOptions): LinkResult {
  const definitions = new Map(
    Object.entries(spec.steps).flatMap(([id, { uses }]) => {
      const step = options.steps.find((candidate) => candidate.name === uses);
      return step === undefined ? [] : [[id, step] as const];
    }),
  );
  const scope: Scope = { spec, definitions, params: options.params };
  const problems: Problem[] = [...unknownSteps(spec, options.steps), ...viewProblems(spec, options.views)];
  const drafts = [...definitions].map(([id, step]) => draftNode(id, step, spec.steps[id] as StepSpec, scope));
  for (const draft of drafts) problems.push(...draft.problems);
  const results = linkResults(scope);
  problems.push(...results.problems);
  const order = sortByEdges(drafts);
  if ('cycle' in order) problems.push(order.cycle);
  if (problems.length > 0 || 'cycle' in order) return { problems: problems.slice(0, MAX_PROBLEMS) };
  const nodes = withAxes(order.sorted, options.sources);
  if ('problems' in nodes) return nodes;
  return { linked: { nodes: nodes.nodes, results: results.results, warnings: unusedParams(spec) } };
}

interface Scope {
  readonly spec: Spec;
  readonly definitions: ReadonlyMap<string, StepDefinition>;
  readonly params: Params;
}

interface Draft extends Omit<LinkedNode, 'axes'> {
  readonly problems: readonly Problem[];
  /** All steps that it names, also for inputs that these params do not read. */
  readonly after: readonly string[];
}

function draftNode(id: string, step: StepDefinition, given: StepSpec, scope: Scope): Draft {
  const problems: Problem[] = [];
  const values: Record<string, unknown> = {};
  const edges: Record<string, PlanInput> = {};
  for (const [key, value] of Object.entries(given.with)) {
    const path = ['steps', id, 'with', key];
    if (Object.hasOwn(step.inputs, key)) {
      const found = linkInput(value, key, step, path, scope);
      if ('problem' in found) problems.push(found.problem);
      else edges[key] = found.edge;
    } else if (Object.hasOwn(step.params.shape, key)) values[key] = resolveValue(value, { key, path, scope, problems });
    else
      problems.push({
        in: 'spec',
        path,
        atKey: true,
        kind: 'unknown-key',
        key,
        allowed: [...Object.keys(step.inputs), ...Object.keys(step.params.shape)],
      });
  }
  const after = Object.values(given.with).flatMap((value) => {
    const reference = parseReference(value);
    return reference.kind === 'output' ? [reference.step] : [];
  });
  if (problems.length > 0) return { id, step, params: {}, inputs: {}, problems, after };
  const from = (key: string | number | undefined) => sourceOf(key === undefined ? undefined : given.with[key]);
  const checked = checkValue(step.params, values, { in: 'spec', path: ['steps', id, 'with'], from });
  if ('problems' in checked) return { id, step, params: {}, inputs: {}, problems: checked.problems, after };
  const wanted = Object.entries(step.inputs).filter(([, input]) => input.when?.(checked.value) ?? true);
  const missing = wanted
    .filter(([name]) => edges[name] === undefined)
    .map(
      ([name, input]): Problem => ({
        in: 'spec',
        path: ['steps', id, 'with'],
        kind: 'missing-key',
        key: name,
        expected: `a reference to an output of type ${input.type.name}`,
      }),
    );
  const inputs = Object.fromEntries(wanted.flatMap(([name]) => (edges[name] === undefined ? [] : [[name, edges[name]]])));
  return { id, step, params: withoutUndefined(checked.value), inputs, problems: missing, after };
}

function linkInput(
  value: unknown,
  key: string,
  step: StepDefinition,
  path: Path,
  scope: Scope,
): { readonly edge: PlanInput } | { readonly problem: Problem } {
  const input = step.inputs[key]!;
  const expected = input.type.name;
  const reference = parseReference(value);
  if (reference.kind === 'bad') return { problem: { in: 'spec', path, kind: 'bad-reference', reference: reference.text } };
  if (reference.kind !== 'output')
    return { problem: { in: 'spec', path, kind: 'value-as-input', value, type: expected, fitting: outputsOfType(expected, scope) } };
  const target = findOutput(reference, path, scope);
  if ('problem' in target) return target;
  if (target.type === undefined || target.type === expected)
    return { edge: { node: reference.step, output: reference.output, reads: input.reads } };
  return {
    problem: {
      in: 'spec',
      path,
      kind: 'type-mismatch',
      reference: reference.text,
      found: target.type,
      expected,
      fitting: outputsOfType(expected, scope),
    },
  };
}

/** The type of a named output; undefined where its step's type is unknown (reported there). */
function findOutput(
  { step: id, output, text }: { readonly step: string; readonly output: string; readonly text: string },
  path: Path,
  { spec, definitions }: Scope,
): { readonly type: string | undefined } | { readonly problem: Problem } {
  const at = { in: 'spec', path, kind: 'unknown-reference', reference: text } as const;
  if (!Object.hasOwn(spec.steps, id)) return { problem: { ...at, what: 'step', name: id, allowed: Object.keys(spec.steps) } };
  const outputs = definitions.get(id)?.outputs;
  if (outputs === undefined) return { type: undefined };
  if (!Object.hasOwn(outputs, output)) return { problem: { ...at, what: 'output', name: output, allowed: Object.keys(outputs) } };
  return { type: outputs[output]!.name };
}

function outputsOfType(type: string, { definitions }: Scope): readonly string[] {
  return [...definitions].flatMap(([id, { outputs }]) =>
    Object.entries(outputs)
      .filter(([, output]) => output.name === type)
      .map(([name]) => `$${id}.${name}`),
  );
}

interface ValuePlace {
  readonly key: string;
  readonly path: Path;
  readonly scope: Scope;
  readonly problems: Problem[];
}

/** A param's value with references to pipeline params replaced, also inside lists and mappings. */
function resolveValue(value: unknown, place: ValuePlace): unknown {
  const { path, scope, problems, key } = place;
  if (Array.isArray(value)) return value.map((item, i) => resolveValue(item, { ...place, path: [...path, i] }));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, resolveValue(item, { ...place, path: [...path, name] })]));
  const reference = parseReference(value);
  if (reference.kind === 'literal') return reference.value;
  if (reference.kind === 'param' && Object.hasOwn(scope.params, reference.name)) return scope.params[reference.name];
  if (reference.kind === 'param')
    problems.push({
      in: 'spec',
      path,
      kind: 'unknown-reference',
      reference: reference.text,
      what: 'param',
      name: reference.name,
      allowed: Object.keys(scope.spec.params),
    });
  else if (reference.kind === 'output')
    problems.push({ in: 'spec', path, kind: 'reference-as-value', reference: reference.text, param: key });
  else problems.push({ in: 'spec', path, kind: 'bad-reference', reference: reference.text });
  return undefined;
}

function sourceOf(value: unknown): string | undefined {
  const reference = parseReference(value);
  return reference.kind === 'param' ? reference.text : undefined;
}

function linkResults(scope: Scope): { readonly results: Plan['results']; readonly problems: readonly Problem[] } {
  const results: Record<string, { node: string; output: string }> = {};
  const problems: Problem[] = [];
  for (const [section, text] of Object.entries(scope.spec.results)) {
    const path = ['results', section];
    const reference = parseReference(text);
    if (reference.kind !== 'output') {
      problems.push({ in: 'spec', path, kind: 'bad-reference', reference: text });
      continue;
    }
    const target = findOutput(reference, path, scope);
    if ('problem' in target) problems.push(target.problem);
    else results[section] = { node: reference.step, output: reference.output };
  }
  return { results, problems };
}

/** Depth first in the order of the spec, so that the order is that of the file where it can be. */
function sortByEdges(drafts: readonly Draft[]): { readonly sorted: readonly Draft[] } | { readonly cycle: Problem } {
  const byId = new Map(drafts.map((draft) => [draft.id, draft]));
  const sorted = new Set<Draft>();
  const visit = (draft: Draft, trail: readonly string[]): readonly string[] | undefined => {
    if (sorted.has(draft)) return undefined;
    if (trail.includes(draft.id)) return [...trail.slice(trail.indexOf(draft.id)), draft.id];
    for (const id of draft.after) {
      const before = byId.get(id);
      const circle = before === undefined ? undefined : visit(before, [...trail, draft.id]);
      if (circle !== undefined) return circle;
    }
    sorted.add(draft);
    return undefined;
  };
  for (const draft of drafts) {
    const circle = visit(draft, []);
    if (circle !== undefined) return { cycle: { in: 'spec', path: ['steps', circle[0]!], atKey: true, kind: 'cycle', steps: circle } };
  }
  return { sorted: [...sorted] };
}

function withAxes(
  drafts: readonly Draft[],
  sources: Sources | undefined,
): { readonly nodes: readonly LinkedNode[] } | { readonly problems: readonly Problem[] } {
  const nodes = new Map<string, LinkedNode>();
  for (const { id, step, params, inputs } of drafts) {
    const made = makeAxes({ id, step, params, inputs, sources }, (read) => nodes.get(read)!.axes);
    // Later steps take their axes from earlier ones: the first that fails hides theirs.
    if ('problems' in made) return made;
    nodes.set(id, { id, step, params, inputs, axes: made.axes });
  }
  return { nodes: [...nodes.values()] };
}

function unknownSteps(spec: Spec, steps: readonly StepDefinition[]): readonly Problem[] {
  const allowed = steps.map((step) => step.name);
  return Object.entries(spec.steps)
    .filter(([, { uses }]) => !allowed.includes(uses))
    .map(([id, { uses }]) => ({ in: 'spec', path: ['steps', id, 'uses'], kind: 'unknown-step', name: uses, allowed }));
}

function viewProblems(spec: Spec, views: readonly string[] | undefined): readonly Problem[] {
  if (views === undefined) return [];
  return spec.dashboard.views.flatMap((name, i): Problem[] =>
    views.includes(name) ? [] : [{ in: 'spec', path: ['dashboard', 'views', i], kind: 'unknown-view', name, allowed: views }],
  );
}

function unusedParams(spec: Spec): readonly string[] {
  const text = JSON.stringify(Object.values(spec.steps).map((step) => step.with));
  return Object.keys(spec.params)
    .filter((name) => !text.includes(`"$params.${name}"`))
    .map((name) => `the param ${name} is used by no step: setting it changes nothing`);
}

function withoutUndefined(record: Readonly<Record<string, unknown>>): { readonly [name: string]: Json } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as { readonly [name: string]: Json };
}
