// What a run is given (`--set k=v`, the JSON of Temporal's form) on top of a pipeline's declared params: every param with its
// value, or all problems, each with the nearest name or what was expected.
import { checkValue, expectedWords } from './expected.ts';
import type { Path, Problem } from './issues.ts';
import { MAX_CELLS } from './limits.ts';
import { listProblems, type Matrix } from './matrix.ts';
import { type ParamType, paramSchema, parseParamType } from './param-type.ts';
import { jsonProblems } from './parse.ts';
import type { Json } from './plan.ts';
import type { ParamDeclaration, Spec } from './spec.ts';

export type Params = { readonly [name: string]: Json };
export type ResolvedParams =
  | { readonly params: Params; readonly matrix: Matrix; readonly problems?: undefined }
  | { readonly problems: readonly Problem[]; readonly params?: undefined; readonly matrix?: undefined };

export interface GivenParams {
  /** `name=value` as typed; they win over `values`, and over the file's matrix. */
  readonly sets?: readonly string[];
  /** `name=value,value` as typed: several values for a param. */
  readonly matrix?: readonly string[];
  /** Typed values by name; several of a param under `matrix`, by name. */
  readonly values?: unknown;
}

/** Every param with its value (the first of several), and those with several. */
export function resolveParams(spec: Spec, { sets = [], matrix: lists = [], values = {} }: GivenParams = {}): ResolvedParams {
  const foreign = jsonProblems(values, 'params');
  if (foreign.length > 0) return { problems: foreign };
  if (!isMapping(values)) return { problems: [wrongMapping([], values, 'a mapping of params to values, for instance {}')] };
  const { matrix: typed = {}, ...single } = values;
  if (!isMapping(typed)) return { problems: [wrongMapping(['matrix'], typed, 'a mapping of params to lists of values')] };
  const problems: Problem[] = [];
  const given = new Map<string, unknown>(Object.entries(single));
  const several = new Map<string, unknown>(Object.entries(typed));
  readAssignments(spec, sets, {
    into: given,
    read: readOneOrList,
    wrong: (text) => problems.push({ in: 'params', path: [], kind: 'bad-assignment', text }),
  });
  readAssignments(spec, lists, {
    into: several,
    read: readSeveral,
    wrong: (text) => problems.push({ in: 'params', path: ['matrix'], kind: 'bad-assignment', text, several: true }),
  });
  const allowed = Object.keys(spec.params);
  for (const name of given.keys())
    if (!Object.hasOwn(spec.params, name)) problems.push({ in: 'params', path: [], kind: 'unknown-param', name, allowed });
  const matrix = resolveMatrix(spec, given, several, problems);
  const params: Record<string, Json> = {};
  for (const [name, declaration] of Object.entries(spec.params)) {
    if (matrix[name] !== undefined) {
      params[name] = matrix[name][0]!;
      continue;
    }
    const value = given.has(name) ? given.get(name) : declaration.default;
    // A param whose matrix is wrong is no missing one.
    if (value === undefined && (several.has(name) || Object.hasOwn(spec.matrix ?? {}, name))) continue;
    const found = value === undefined ? missing(name, declaration) : checkParam(declaration, value, { in: 'params', path: [name] });
    if ('problems' in found) problems.push(...found.problems);
    else params[name] = found.value as Json;
  }
  return problems.length > 0 ? { problems } : { params, matrix };
}

/** What the run gives, else what the file has; a param that is set to one value is out of the file's matrix. */
function resolveMatrix(
  spec: Spec,
  given: ReadonlyMap<string, unknown>,
  several: ReadonlyMap<string, unknown>,
  problems: Problem[],
): Matrix {
  const inFile = Object.entries(spec.matrix ?? {}).filter(([name]) => !given.has(name) && !several.has(name));
  const lists = [
    ...inFile.map(([name, values]) => ({ name, values: values as unknown, in: 'spec' as const })),
    ...[...several].map(([name, values]) => ({ name, values, in: 'params' as const })),
  ];
  const matrix: Record<string, readonly Json[]> = {};
  for (const { name, values, in: where } of lists) {
    const place = { in: where, path: ['matrix', name] };
    const declaration = Object.hasOwn(spec.params, name) ? spec.params[name] : undefined;
    if (given.has(name)) problems.push({ ...place, kind: 'matrix', what: 'also-set', name });
    if (declaration === undefined) {
      problems.push({ ...place, atKey: true, kind: 'unknown-param', name, allowed: Object.keys(spec.params) });
      continue;
    }
    const checked = checkList(declaration, values, place);
    if ('problems' in checked) problems.push(...checked.problems);
    else matrix[name] = checked.values;
  }
  return matrix;
}

type CheckedList = { readonly values: readonly Json[] } | { readonly problems: readonly Problem[] };

function checkList(declaration: ParamDeclaration, list: unknown, place: { readonly in: Problem['in']; readonly path: Path }): CheckedList {
  if (!Array.isArray(list)) return { problems: [{ ...place, kind: 'wrong-type', value: list, expected: 'a list of values' }] };
  if (list.length > MAX_CELLS)
    return { problems: [{ ...place, kind: 'too-large', what: 'too many values', actual: list.length, limit: MAX_CELLS }] };
  const checked = list.map((value, i) => checkParam(declaration, value, { ...place, path: [...place.path, i] }));
  const problems = checked.flatMap((found) => ('problems' in found ? found.problems : []));
  if (problems.length > 0) return { problems };
  const values = checked.map((found) => ('value' in found ? (found.value as Json) : null));
  const doubled = listProblems(values, place);
  return doubled.length > 0 ? { problems: doubled } : { values };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrongMapping(path: Path, value: unknown, expected: string): Problem {
  return { in: 'params', path, kind: 'wrong-type', value, expected };
}

function missing(name: string, declaration: ParamDeclaration): { readonly problems: readonly Problem[] } {
  return { problems: [{ in: 'params', path: [], kind: 'missing-param', name, expected: expectedWords(paramSchema(declaration)) }] };
}

function checkParam(declaration: ParamDeclaration, value: unknown, place: { readonly in: Problem['in']; readonly path: Path }) {
  const isList = parseParamType(declaration.type)?.kind === 'list';
  // One value for a list param is a list of one.
  return checkValue(paramSchema(declaration), isList && !Array.isArray(value) ? [value] : value, place);
}

interface Assigned {
  readonly into: Map<string, unknown>;
  readonly read: (type: ParamType, text: string) => unknown;
  readonly wrong: (text: string) => void;
}

/** `name=value` texts. Unknown names are kept as text: they are reported by name. */
function readAssignments(spec: Spec, texts: readonly string[], { into, read, wrong }: Assigned): void {
  for (const text of texts) {
    const equals = text.indexOf('=');
    if (equals < 1) {
      wrong(text);
      continue;
    }
    const [name, value] = [text.slice(0, equals).trim(), text.slice(equals + 1).trim()];
    const type = Object.hasOwn(spec.params, name) ? parseParamType(spec.params[name]?.type ?? '') : undefined;
    into.set(name, type === undefined ? value : read(type, value));
  }
}

function readOneOrList(type: ParamType, text: string): unknown {
  return type.kind === 'list' ? readList(type, text) : readOne(type.bases, text);
}

/** A list as JSON, or values between commas. */
function readList({ of }: ParamType & { readonly kind: 'list' }, text: string): unknown {
  return readJsonList(text) ?? (text === '' ? [] : text.split(',').map((item) => readOne([of], item.trim())));
}

/** Several values: as JSON, or between commas; each is a list of one where the param is a list. */
function readSeveral(type: ParamType, text: string): unknown {
  const bases = type.kind === 'list' ? [type.of] : type.bases;
  return readJsonList(text) ?? (text === '' ? [] : text.split(',').map((item) => readOne(bases, item.trim())));
}

/** undefined where the text is no JSON list; one that is broken stays text, which fits no list. */
function readJsonList(text: string): unknown {
  if (!text.startsWith('[')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Text that is no number or truth value stays text: a word of the union, or a problem that shows what was typed. */
function readOne(bases: readonly string[], text: string): unknown {
  const isNumeric = bases.includes('number') || bases.includes('integer');
  if (isNumeric && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text))) return Number(text);
  if (bases.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
