// What can be wrong with a pipeline, as data, and the one place that makes text of it: what is wrong, where, what was
// expected, the nearest valid name. The command line and a failed workflow say the same.
import { type ErrorParts, errorLine, UserError } from '../formats/user-error.ts';
import { nearestName } from './nearest-name.ts';

/** Keys from the root of a spec (`['steps', 'noisy', 'uses']`), or of the given params (`['drawCount']`). */
export type Path = readonly (string | number)[];

interface Located {
  /** `params`: what a run was given (`--set`, the UI's form), not the file. */
  readonly in: 'spec' | 'params';
  readonly path: Path;
  /** Points at the key instead of its value. */
  readonly atKey?: boolean;
}

export type ProblemDetail =
  | { readonly kind: 'syntax'; readonly what: string; readonly line?: number; readonly column?: number }
  | { readonly kind: 'unsupported'; readonly what: string; readonly remedy: string }
  | { readonly kind: 'too-large'; readonly what: string; readonly actual: number; readonly limit: number }
  | { readonly kind: 'unknown-key'; readonly key: string; readonly allowed: readonly string[] }
  | { readonly kind: 'missing-key'; readonly key: string; readonly expected: string }
  | { readonly kind: 'wrong-type' | 'out-of-range'; readonly value: unknown; readonly expected: string; readonly from?: string }
  | { readonly kind: 'bad-name'; readonly name: string; readonly expected: string }
  | { readonly kind: 'unknown-type'; readonly type: string; readonly allowed: readonly string[] }
  | { readonly kind: 'unknown-step'; readonly name: string; readonly allowed: readonly string[] }
  | { readonly kind: 'unknown-view'; readonly name: string; readonly allowed: readonly string[] }
  | { readonly kind: 'bad-reference'; readonly reference: string }
  | {
      readonly kind: 'unknown-reference';
      readonly reference: string;
      readonly what: string;
      readonly name: string;
      readonly allowed: readonly string[];
    }
  | { readonly kind: 'reference-as-value'; readonly reference: string; readonly param: string }
  | { readonly kind: 'value-as-input'; readonly value: unknown; readonly type: string; readonly fitting: readonly string[] }
  | {
      readonly kind: 'type-mismatch';
      readonly reference: string;
      readonly found: string;
      readonly expected: string;
      readonly fitting: readonly string[];
    }
  | { readonly kind: 'cycle'; readonly steps: readonly string[] }
  | { readonly kind: 'axis-mismatch'; readonly reference: string; readonly axis: string; readonly axes: readonly string[] }
  | { readonly kind: 'axis-values'; readonly reference: string; readonly axis: string; readonly missing: readonly (number | string)[] }
  | { readonly kind: 'missing-axis'; readonly axis: string; readonly input: string }
  | { readonly kind: 'unknown-param'; readonly name: string; readonly allowed: readonly string[] }
  | { readonly kind: 'missing-param'; readonly name: string; readonly expected: string }
  | { readonly kind: 'bad-assignment'; readonly text: string; readonly several?: true }
  | { readonly kind: 'matrix'; readonly what: MatrixProblem; readonly name: string; readonly other?: string }
  | { readonly kind: 'refused'; readonly message: string };

/** `name` is the param, or the value that is wrong in its list. */
type MatrixProblem = 'axis' | 'unused' | 'values-differ' | 'also-in-with' | 'also-set' | 'input' | 'reference' | 'twice';

export type Problem = Located & ProblemDetail;

/** Where a spec came from: a file with lines, or a JSON value, whose places are paths. */
export interface SpecSource {
  readonly name: string;
  locate(path: Path, atKey: boolean): { readonly line: number; readonly column: number } | undefined;
}

/** Longest list of allowed names that is printed whole. */
const LISTED = 24;
const SHOWN_LETTERS = 80;

/** In the order of the file; a param's bad value that several steps take is one problem. */
function problemParts(problems: readonly Problem[], source: SpecSource): readonly ErrorParts[] {
  const placed = problems.map((problem) => ({ problem, place: placeOf(problem, source) }));
  placed.sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column);
  const found = new Map<string, { readonly parts: ErrorParts; readonly also: string[] }>();
  for (const { problem, place } of placed) {
    const parts = { ...partsOf(problem), where: place.text };
    const shared = 'from' in problem && problem.from !== undefined ? problemText(problem) : errorLine(parts);
    const before = found.get(shared);
    if (before === undefined) found.set(shared, { parts, also: [] });
    else if (errorLine(before.parts) !== errorLine(parts)) before.also.push(formatPath(problem.path.slice(0, 2)));
  }
  return [...found.values()].map(({ parts, also }) => ({
    ...parts,
    where: also.length === 0 ? parts.where : `${parts.where} (also in ${listWords(also)})`,
  }));
}

/** All problems of one input as the error that commands and workflows end with. */
export function problemsError(problems: readonly Problem[], source: SpecSource): UserError {
  return new UserError(problemParts(problems, source));
}

function placeOf(problem: Problem, source: SpecSource): { readonly text: string; readonly line: number; readonly column: number } {
  if (problem.in === 'params')
    return { text: problem.path.length === 0 ? 'params' : `param ${formatPath(problem.path)}`, line: 0, column: 0 };
  const given = problem.kind === 'syntax' && problem.line !== undefined ? { line: problem.line, column: problem.column ?? 1 } : undefined;
  const at = given ?? source.locate(problem.path, problem.atKey ?? false);
  const path = formatPath(problem.path);
  if (at === undefined) return { text: path === '' ? source.name : `${source.name}: ${path}`, line: 0, column: 0 };
  return { text: `${source.name}:${at.line}:${at.column}${path === '' ? '' : `: ${path}`}`, ...at };
}

/** `steps.noisy.with.scales[2]` */
export function formatPath(path: Path): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${NAME_LIKE.test(key) ? key : JSON.stringify(clip(key))}`))
    .join('')
    .replace(/^\./, '');
}

const NAME_LIKE = /^[\w-]{1,80}$/;

/** What is wrong and what to do, without the place. */
export function problemText(problem: ProblemDetail): string {
  return errorLine(partsOf(problem));
}

function partsOf(problem: ProblemDetail): ErrorParts {
  const told = (what: string, hint: string | null = null): ErrorParts => ({ what, where: null, hint });
  switch (problem.kind) {
    case 'syntax':
      return told(problem.what);
    case 'unsupported':
      return told(`${problem.what} ${problem.what.endsWith('s') ? 'are' : 'is'} not supported here`, problem.remedy);
    case 'too-large':
      return told(`${problem.what}: ${problem.actual}, at most ${problem.limit} are allowed`);
    case 'unknown-key':
      return told(`there is no key ${show(problem.key)} here`, nearest(problem.key, 'allowed', problem.allowed));
    case 'missing-key':
      return told(`the key ${problem.key} is missing (${problem.expected})`);
    case 'wrong-type':
    case 'out-of-range':
      return told(
        `is ${show(problem.value)}${problem.from === undefined ? '' : ` (from ${clip(problem.from)})`}, expected ${problem.expected}`,
        nearestWord(problem),
      );
    case 'bad-name':
      return told(`${show(problem.name)} cannot be a name: expected ${problem.expected}`);
    case 'unknown-type':
      return told(
        `there is no type ${show(problem.type)}`,
        `${nearestType(problem.type.split('|'), problem.allowed)}; a union of words needs two: shared | independent`,
      );
    case 'unknown-step':
      return told(`there is no step type ${show(problem.name)}`, nearest(problem.name, 'step types', problem.allowed));
    case 'unknown-view':
      return told(`there is no view ${show(problem.name)}`, nearest(problem.name, 'views', problem.allowed));
    case 'bad-reference':
      return told(`${show(problem.reference)} is no reference`, 'write $params.NAME or $STEP.OUTPUT ($$ for a text that begins with $)');
    case 'unknown-reference':
      return told(
        `${show(problem.reference)}: there is no ${problem.what} ${show(problem.name)}`,
        nearest(problem.name, `${problem.what}s`, problem.allowed),
      );
    case 'reference-as-value':
      return told(`${show(problem.reference)} is a step's output, but ${problem.param} is a param`, 'give it a value or $params.NAME');
    case 'value-as-input':
      return told(
        `is ${show(problem.value)}, but this is an input: expected a reference to a step's output of type ${problem.type}`,
        listed('fitting', problem.fitting),
      );
    case 'type-mismatch':
      return told(`${problem.reference} is of type ${problem.found}, expected ${problem.expected}`, listed('fitting', problem.fitting));
    case 'cycle':
      return told(`steps read each other in a circle: ${problem.steps.map(clip).join(' -> ')}`);
    case 'axis-mismatch':
      return told(
        `${problem.reference} has the axis ${problem.axis}, which this step does not have (${problem.axes.length === 0 ? 'it has none' : `axes: ${problem.axes.join(', ')}`}): the step would not know which of its units to read`,
      );
    case 'axis-values':
      return told(`${problem.reference} has no ${problem.axis} ${listWords(problem.missing.map(String))}, which this step asks for`);
    case 'missing-axis':
      return told(`the axis ${problem.axis} comes from the input ${problem.input}, which does not have it`);
    case 'unknown-param':
      return told(`there is no param ${show(problem.name)}`, nearest(problem.name, 'params', problem.allowed));
    case 'missing-param':
      return told(`the param ${problem.name} has no default`, `give it with --set ${problem.name}=... (${problem.expected})`);
    case 'bad-assignment':
      return told(
        `${show(problem.text)} sets nothing`,
        `write ${problem.several ? '--matrix NAME=VALUE,VALUE' : '--set NAME=VALUE, a list as 0.1,0.2'}`,
      );
    case 'matrix':
      return told(...matrixText(problem));
    case 'refused':
      return told(problem.message);
  }
}

/** What is wrong, what to do. */
function matrixText({ what, name, other }: ProblemDetail & { readonly kind: 'matrix' }): [string, string?] {
  const param = NAME_LIKE.test(name) ? name : show(name);
  switch (what) {
    case 'axis':
      return [
        `${param} chooses the values of an axis (${other}), and a matrix multiplies over params that are no axis`,
        'give the param itself more values',
      ];
    case 'unused':
      return [`no step uses the param ${param}: every cell would be the same`];
    case 'values-differ':
      return [
        `another matrix has other values for ${param}: a param has one list of values in all matrices of a pipeline, so that a step that reads both knows its cell`,
      ];
    case 'also-in-with':
      return [`${param} stands in with as well`, 'keep one of the two'];
    case 'also-set':
      return [`${param} is given one value and a matrix`, 'keep one of the two'];
    case 'input':
      return [`${param} is an input: a matrix multiplies over params`, 'put it on the step that is read'];
    case 'reference':
      return [
        `${show(name)} is a reference: a matrix has values`,
        "to multiply over a param of the pipeline, name it in the pipeline's matrix",
      ];
    case 'twice':
      return [`the value ${clip(name)} stands twice`, 'keep one'];
  }
}

function nearestWord({ value, expected }: { readonly value: unknown; readonly expected: string }): string | null {
  return typeof value === 'string' ? didYouMean(value, expected.split(/ or |, /)) : null;
}

function didYouMean(name: string, allowed: readonly string[]): string | null {
  const near = nearestName(name, allowed);
  return near === undefined || near === name ? null : `did you mean ${near}?`;
}

/** `did you mean uses? (allowed: uses, with)` */
function nearest(name: string, title: string, allowed: readonly string[], question = didYouMean(name, allowed)): string {
  return question === null ? listed(title, allowed) : `${question} (${listed(title, allowed)})`;
}

function nearestType(words: readonly string[], allowed: readonly string[]): string {
  const questions = words.map((word) => didYouMean(word.trim(), allowed));
  return nearest('', 'types', allowed, questions.find((question) => question !== null) ?? null);
}

function listed(title: string, names: readonly string[]): string {
  return `${title}: ${names.length === 0 ? 'none' : listWords(names)}`;
}

function listWords(words: readonly string[]): string {
  const shown = words.slice(0, LISTED).map(clip).join(', ');
  return words.length > LISTED ? `${shown} and ${words.length - LISTED} more` : shown;
}

function show(value: unknown): string {
  if (value === undefined) return 'not given';
  return clip(typeof value === 'number' ? String(value) : JSON.stringify(value));
}

function clip(text: string): string {
  return text.length <= SHOWN_LETTERS ? text : `${text.slice(0, SHOWN_LETTERS - 3)}...`;
}
