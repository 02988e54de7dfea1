// A pipeline's text (YAML) or JSON value -> a checked Spec, or every problem of it at once, each with its place.
import { checkValue } from './expected.ts';
import type { Path, Problem, SpecSource } from './issues.ts';
import { MAX_PROBLEMS, MAX_SPEC_DEPTH, MAX_SPEC_LETTERS, MAX_SPEC_VALUES, MAX_STEPS } from './limits.ts';
import { declarationProblems } from './param-type.ts';
import { type Spec, specSchema } from './spec.ts';
import { readYaml } from './yaml-value.ts';

export type Parsed =
  | { readonly spec: Spec; readonly source: SpecSource; readonly problems?: undefined }
  | { readonly problems: readonly Problem[]; readonly source: SpecSource; readonly spec?: undefined };

/** `name` is how problems call the text: the file as the person named it. */
export function parseSpec(text: string, name: string): Parsed {
  const { value, problems, source } = readYaml(text, name);
  return problems.length > 0 ? { problems: problems.slice(0, MAX_PROBLEMS), source } : checkSpecValue(value, source);
}

/** A spec that arrives as JSON (Temporal's form); places are paths. */
export function parseSpecValue(value: unknown, name = 'spec'): Parsed {
  const source: SpecSource = { name, locate: () => undefined };
  const problems = jsonProblems(value, 'spec');
  return problems.length > 0 ? { problems, source } : checkSpecValue(value, source);
}

function checkSpecValue(value: unknown, source: SpecSource): Parsed {
  const checked = checkValue(specSchema, value ?? {}, { in: 'spec', path: [] });
  if ('problems' in checked) return { problems: checked.problems.slice(0, MAX_PROBLEMS), source };
  const spec = checked.value;
  const problems = [...declarationProblems(spec.params), ...nameProblems(spec)];
  return problems.length > 0 ? { problems: problems.slice(0, MAX_PROBLEMS), source } : { spec, source };
}

function nameProblems(spec: Spec): readonly Problem[] {
  const count = Object.keys(spec.steps).length;
  if (count === 0) return [{ in: 'spec', path: ['steps'], kind: 'out-of-range', value: {}, expected: 'at least one step' }];
  if (count > MAX_STEPS)
    return [{ in: 'spec', path: ['steps'], kind: 'too-large', what: 'too many steps', actual: count, limit: MAX_STEPS }];
  const reserved = (path: Path, name: string, why: string): Problem => ({
    in: 'spec',
    path: [...path, name],
    atKey: true,
    kind: 'bad-name',
    name,
    expected: `another name: ${why}`,
  });
  return [
    ...(Object.hasOwn(spec.steps, 'params') ? [reserved(['steps'], 'params', '$params are the params')] : []),
    ...(Object.hasOwn(spec.params, 'matrix') ? [reserved(['params'], 'matrix', 'matrix is where a run gives several values')] : []),
  ];
}

/** Whether a value from outside is plain JSON of a sane size. Walks without recursion: depth is part of what is checked. */
export function jsonProblems(root: unknown, where: Problem['in']): readonly Problem[] {
  const open: { readonly value: unknown; readonly path: Path }[] = [{ value: root, path: [] }];
  let [values, letters] = [0, 0];
  const fail = (path: Path, what: string, actual: number, limit: number): readonly Problem[] => [
    { in: where, path: path.slice(0, 6), kind: 'too-large', what, actual, limit },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, path } = next;
    if (++values > MAX_SPEC_VALUES) return fail([], 'too many values', values, MAX_SPEC_VALUES);
    if (path.length > MAX_SPEC_DEPTH) return fail(path, 'nested too deeply', path.length, MAX_SPEC_DEPTH);
    if (typeof value === 'string') letters += value.length;
    if (letters > MAX_SPEC_LETTERS) return fail([], 'too long (letters)', letters, MAX_SPEC_LETTERS);
    if (isJsonScalar(value)) continue;
    if (typeof value !== 'object' || value === null)
      return [{ in: where, path, kind: 'wrong-type', value: String(value), expected: 'a JSON value' }];
    if (!Array.isArray(value) && Object.hasOwn(value, '__proto__'))
      return [{ in: where, path, kind: 'unsupported', what: 'the key "__proto__"', remedy: 'remove it' }];
    for (const [key, item] of Object.entries(value)) open.push({ value: item, path: [...path, Array.isArray(value) ? Number(key) : key] });
  }
  return [];
}

function isJsonScalar(value: unknown): boolean {
  return value === null || typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}
