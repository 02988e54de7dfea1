// One step of a spec under one set of params: its `with` checked against the step's schema, its references against what they
// name. A matrix drafts a step once per combination of the values that it uses.
import { checkValue } from './expected.ts';
import type { Path, Problem } from './issues.ts';
import type { Params } from './params.ts';
import type { CellValues, Json, PlanInput } from './plan.ts';
import { parseReference } from './references.ts';
import type { Spec, StepSpec } from './spec.ts';
import type { StepDefinition } from './step.ts';

/** What a spec's names stand for. */
export interface Scope {
  readonly spec: Spec;
  readonly definitions: ReadonlyMap<string, StepDefinition>;
  readonly params: Params;
}

export interface Draft {
  /** The step's name in the spec. */
  readonly name: string;
  readonly step: StepDefinition;
  readonly params: { readonly [name: string]: Json };
  /** `node` is the name of a step here: which of its nodes is said by the cell. */
  readonly inputs: { readonly [name: string]: PlanInput };
  readonly problems: readonly Problem[];
  /** All steps that it names, also for inputs that these params do not read. */
  readonly after: readonly string[];
}

/** `own`: values of the step's own matrix, which stand in for keys of `with`. */
export function draftNode(name: string, step: StepDefinition, given: StepSpec, own: CellValues, scope: Scope): Draft {
  const problems: Problem[] = [];
  const values: Record<string, unknown> = { ...own };
  const edges: Record<string, PlanInput> = {};
  for (const [key, value] of Object.entries(given.with)) {
    const path = ['steps', name, 'with', key];
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
  if (problems.length > 0) return { name, step, params: {}, inputs: {}, problems, after };
  const from = (key: string | number | undefined) => sourceOf(key === undefined ? undefined : given.with[key]);
  const checked = checkValue(step.params, values, { in: 'spec', path: ['steps', name, 'with'], from });
  if ('problems' in checked) {
    const placed = checked.problems
      // A key whose matrix is wrong is no missing one.
      .filter((problem) => problem.kind !== 'missing-key' || !Object.hasOwn(given.matrix ?? {}, problem.key))
      .map((problem) => ({ ...problem, path: matrixPath(problem.path, given, own) }));
    return { name, step, params: {}, inputs: {}, problems: placed, after };
  }
  const wanted = Object.entries(step.inputs).filter(([, input]) => input.when?.(checked.value) ?? true);
  const missing = wanted
    .filter(([input]) => edges[input] === undefined)
    .map(
      ([input, { type }]): Problem => ({
        in: 'spec',
        path: ['steps', name, 'with'],
        kind: 'missing-key',
        key: input,
        expected: `a reference to an output of type ${type.name}`,
      }),
    );
  const inputs = Object.fromEntries(wanted.flatMap(([input]) => (edges[input] === undefined ? [] : [[input, edges[input]]])));
  return { name, step, params: withoutUndefined(checked.value), inputs, problems: missing, after };
}

/** A value that came from the step's matrix is wrong there: `steps.noisy.matrix.seed[1]`. */
function matrixPath(path: Path, given: StepSpec, own: CellValues): Path {
  const [steps, name, , key, ...rest] = path;
  if (typeof key !== 'string' || !Object.hasOwn(own, key)) return path;
  return [steps!, name!, 'matrix', key, given.matrix![key]!.indexOf(own[key] as never), ...rest];
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
export function findOutput(
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

function withoutUndefined(record: Readonly<Record<string, unknown>>): { readonly [name: string]: Json } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as { readonly [name: string]: Json };
}
