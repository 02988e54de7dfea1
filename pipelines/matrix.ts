// The grid that the matrices of a spec make: the pipeline's own, over its params, and those of steps, over keys of their
// `with`. A name has one list of values in all of them, so a step that reads two multiplied steps reads the same cell of both.
import { canonicalJson } from '../artifacts/canonical-json.ts';
import { axisParams } from './axes.ts';
import type { Scope } from './draft-node.ts';
import type { Path, Problem, ProblemDetail } from './issues.ts';
import { MAX_CELL_NAME_BYTES, MAX_CELLS, MAX_MATRIX_PARAMS } from './limits.ts';
import { type CellValues, cellName, type Json } from './plan.ts';
import { parseReference } from './references.ts';
import type { StepDefinition } from './step.ts';

/** Values by param, in the order given: what a run multiplies over. */
export type Matrix = { readonly [param: string]: readonly Json[] };

export interface Grid {
  readonly matrix: Matrix;
  /** The params that a step itself takes from the grid. */
  readonly usedBy: ReadonlyMap<string, readonly string[]>;
  /** Those that stand in for keys of its `with`. */
  readonly ownOf: ReadonlyMap<string, readonly string[]>;
  /** With problems the grid has one cell, for whatever else is wrong with the spec. */
  readonly problems: readonly Problem[];
}

/** `given`: the pipeline's matrix as a run has it, its values checked by their type. */
export function makeGrid(given: Matrix, { spec, definitions }: Pick<Scope, 'spec' | 'definitions'>): Grid {
  const problems: Problem[] = [];
  const crowd = crowdProblem(given, spec);
  if (crowd !== undefined) return { matrix: {}, usedBy: new Map(), ownOf: new Map(), problems: [crowd] };
  const matrix: Record<string, readonly Json[]> = { ...given };
  const usedBy = new Map<string, readonly string[]>();
  const ownOf = new Map<string, readonly string[]>();
  for (const name of Object.keys(given)) {
    const place = placeOf(name, spec.matrix);
    const users = Object.keys(spec.steps).filter((step) => usesParam(spec.steps[step]?.with, name));
    if (users.length === 0) problems.push({ ...place, kind: 'matrix', what: 'unused', name });
    for (const step of users) {
      usedBy.set(step, [...(usedBy.get(step) ?? []), name]);
      const axis = axisOf(definitions.get(step), spec.steps[step]!.with, name);
      if (axis !== undefined) problems.push({ ...place, kind: 'matrix', what: 'axis', name, other: `${axis} of ${step}` });
    }
  }
  for (const [step, definition] of definitions)
    for (const [name, values] of Object.entries(spec.steps[step]?.matrix ?? {})) {
      const path = ['steps', step, 'matrix', name];
      const wrong = ownProblem(name, { step, definition, spec, path });
      if (wrong !== undefined) problems.push(wrong);
      if (!Object.hasOwn(definition.params.shape, name)) continue;
      problems.push(...listProblems(values, { in: 'spec', path }), ...referenceProblems(values, path));
      if (matrix[name] !== undefined && !isSameList(matrix[name], values))
        problems.push({ in: 'spec', path, kind: 'matrix', what: 'values-differ', name });
      matrix[name] ??= values;
      usedBy.set(step, [...(usedBy.get(step) ?? []).filter((used) => used !== name), name]);
      ownOf.set(step, [...(ownOf.get(step) ?? []), name]);
    }
  problems.push(...sizeProblems(matrix, spec.matrix === undefined ? 'params' : 'spec'));
  const single = Object.fromEntries(Object.entries(matrix).flatMap(([name, [first]]) => (first === undefined ? [] : [[name, [first]]])));
  return { matrix: problems.length === 0 ? matrix : single, usedBy, ownOf, problems };
}

/** Looked at first: what follows goes over every param and step. */
function crowdProblem(given: Matrix, spec: Scope['spec']): Problem | undefined {
  const own = Object.values(spec.steps).flatMap(({ matrix = {} }) => Object.keys(matrix));
  const names = new Set([...Object.keys(given), ...own]);
  if (names.size <= MAX_MATRIX_PARAMS) return undefined;
  const where = spec.matrix === undefined && own.length === 0 ? 'params' : 'spec';
  return { in: where, path: ['matrix'], kind: 'too-large', what: 'too many params', actual: names.size, limit: MAX_MATRIX_PARAMS };
}

/** All combinations of these params' values, the last param fastest; one empty cell where there are none. */
export function cellsOf(matrix: Matrix, names: readonly string[] = Object.keys(matrix)): readonly CellValues[] {
  const chosen = Object.keys(matrix).filter((name) => names.includes(name));
  return chosen.reduce<readonly CellValues[]>(
    (cells, name) => cells.flatMap((cell) => matrix[name]!.map((value) => ({ ...cell, [name]: value }))),
    [{}],
  );
}

/** The part of a cell that these params make. */
export function partOf(cell: CellValues, names: readonly string[]): CellValues {
  return Object.fromEntries(Object.entries(cell).filter(([name]) => names.includes(name)));
}

/** What is wrong with a list of values, whoever wrote it. */
export function listProblems(values: readonly unknown[], place: Pick<Problem, 'in' | 'path'>): readonly Problem[] {
  if (values.length === 0) return [{ ...place, kind: 'out-of-range', value: values, expected: 'at least one value' }];
  const seen = new Set<string>();
  return values.flatMap((value, i): readonly Problem[] => {
    const text = canonicalJson(value as Json);
    if (!seen.has(text)) {
      seen.add(text);
      return [];
    }
    return [{ ...place, path: [...place.path, i], kind: 'matrix', what: 'twice', name: text }];
  });
}

function placeOf(name: string, inFile: Matrix | undefined): Pick<Problem, 'in' | 'path' | 'atKey'> {
  return { in: inFile !== undefined && Object.hasOwn(inFile, name) ? 'spec' : 'params', path: ['matrix', name], atKey: true };
}

function usesParam(values: unknown, name: string): boolean {
  return JSON.stringify(values ?? {}).includes(`"$params.${name}"`);
}

/** The key of an axis that takes the param, if one does. */
function axisOf(definition: StepDefinition | undefined, values: Readonly<Record<string, unknown>>, name: string): string | undefined {
  if (definition === undefined) return undefined;
  return [...axisParams(definition)].find((key) => usesParam(values[key], name));
}

interface OwnPlace {
  readonly step: string;
  readonly definition: StepDefinition;
  readonly spec: Scope['spec'];
  readonly path: Path;
}

function ownProblem(name: string, { step, definition, spec, path }: OwnPlace): Problem | undefined {
  const at = (detail: ProblemDetail): Problem => ({ in: 'spec', path, atKey: true, ...detail });
  if (Object.hasOwn(definition.inputs, name)) return at({ kind: 'matrix', what: 'input', name });
  if (!Object.hasOwn(definition.params.shape, name))
    return at({
      kind: 'unknown-key',
      key: name,
      allowed: Object.keys(definition.params.shape).filter((key) => !axisParams(definition).has(key)),
    });
  if (axisParams(definition).has(name)) return at({ kind: 'matrix', what: 'axis', name, other: `${name} of ${step}` });
  return Object.hasOwn(spec.steps[step]!.with, name) ? at({ kind: 'matrix', what: 'also-in-with', name }) : undefined;
}

function referenceProblems(values: readonly unknown[], path: Path): readonly Problem[] {
  return values.flatMap((value, i): readonly Problem[] =>
    parseReference(value).kind === 'literal'
      ? []
      : [{ in: 'spec', path: [...path, i], kind: 'matrix', what: 'reference', name: String(value) }],
  );
}

function isSameList(a: readonly Json[], b: readonly Json[]): boolean {
  const sorted = (list: readonly Json[]) => list.map((value) => canonicalJson(value)).sort();
  return canonicalJson(sorted(a)) === canonicalJson(sorted(b));
}

function sizeProblems(matrix: Matrix, where: Problem['in']): readonly Problem[] {
  const at = { in: where, path: ['matrix'], kind: 'too-large' } as const;
  const count = Object.values(matrix).reduce((product, values) => product * values.length, 1);
  if (count > MAX_CELLS) return [{ ...at, what: 'too many cells', actual: count, limit: MAX_CELLS }];
  const longest = Math.max(...cellsOf(matrix).map((cell) => new TextEncoder().encode(cellName(cell)).length));
  if (longest <= MAX_CELL_NAME_BYTES) return [];
  return [{ ...at, what: 'the name of a cell, its params and values, is too long (bytes)', actual: longest, limit: MAX_CELL_NAME_BYTES }];
}
