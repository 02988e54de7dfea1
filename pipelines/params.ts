// What a run is given (`--set k=v`, the JSON of Temporal's form) on top of a pipeline's declared params: every param with its
// value, or all problems, each with the nearest name or what was expected.
import { checkValue, expectedWords } from './expected.ts';
import type { Problem } from './issues.ts';
import { type ParamType, paramSchema, parseParamType } from './param-type.ts';
import { jsonProblems } from './parse.ts';
import type { Json } from './plan.ts';
import type { ParamDeclaration, Spec } from './spec.ts';

export type Params = { readonly [name: string]: Json };
export type ResolvedParams =
  | { readonly params: Params; readonly problems?: undefined }
  | { readonly problems: readonly Problem[]; readonly params?: undefined };

export interface GivenParams {
  /** `name=value` as typed; they win over `values`. */
  readonly sets?: readonly string[];
  /** Typed values by name. */
  readonly values?: unknown;
}

export function resolveParams(spec: Spec, { sets = [], values = {} }: GivenParams = {}): ResolvedParams {
  const foreign = jsonProblems(values, 'params');
  if (foreign.length > 0) return { problems: foreign };
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    return {
      problems: [{ in: 'params', path: [], kind: 'wrong-type', value: values, expected: 'a mapping of params to values, for instance {}' }],
    };
  const problems: Problem[] = [];
  const given = new Map<string, unknown>(Object.entries(values));
  for (const text of sets) {
    const equals = text.indexOf('=');
    if (equals < 1) problems.push({ in: 'params', path: [], kind: 'bad-assignment', text });
    else setFromText(spec, given, text.slice(0, equals).trim(), text.slice(equals + 1).trim());
  }
  const params: Record<string, Json> = {};
  const allowed = Object.keys(spec.params);
  for (const name of given.keys())
    if (!Object.hasOwn(spec.params, name)) problems.push({ in: 'params', path: [], kind: 'unknown-param', name, allowed });
  for (const [name, declaration] of Object.entries(spec.params)) {
    const value = given.has(name) ? given.get(name) : declaration.default;
    const found = value === undefined ? missing(name, declaration) : checkParam(name, declaration, value);
    if ('problems' in found) problems.push(...found.problems);
    else params[name] = found.value as Json;
  }
  return problems.length > 0 ? { problems } : { params };
}

function missing(name: string, declaration: ParamDeclaration): { readonly problems: readonly Problem[] } {
  return { problems: [{ in: 'params', path: [], kind: 'missing-param', name, expected: expectedWords(paramSchema(declaration)) }] };
}

function checkParam(name: string, declaration: ParamDeclaration, value: unknown) {
  const isList = parseParamType(declaration.type)?.kind === 'list';
  // One value for a list param is a list of one.
  return checkValue(paramSchema(declaration), isList && !Array.isArray(value) ? [value] : value, { in: 'params', path: [name] });
}

/** Unknown names are kept as text: they are reported by name. */
function setFromText(spec: Spec, given: Map<string, unknown>, name: string, text: string): void {
  const type = Object.hasOwn(spec.params, name) ? parseParamType(spec.params[name]?.type ?? '') : undefined;
  given.set(name, type === undefined ? text : type.kind === 'list' ? readList(type, text) : readOne(type.bases, text));
}

function readList(type: ParamType & { readonly kind: 'list' }, text: string): unknown {
  if (text.startsWith('[')) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  return text === '' ? [] : text.split(',').map((item) => readOne([type.of], item.trim()));
}

/** Text that is no number or truth value stays text: a word of the union, or a problem that shows what was typed. */
function readOne(bases: readonly string[], text: string): unknown {
  const isNumeric = bases.includes('number') || bases.includes('integer');
  if (isNumeric && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text))) return Number(text);
  if (bases.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
