// YAML text -> a JSON value whose every key and value can be found again in the text. Only what JSON can say is taken:
// anchors, aliases, tags and keys that are no text are problems, so that a file means what it shows and cannot blow up.
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Pair, parseDocument, type YAMLMap } from 'yaml';
import type { Path, Problem, ProblemDetail, SpecSource } from './issues.ts';
import { MAX_SPEC_DEPTH, MAX_SPEC_LETTERS, MAX_SPEC_VALUES } from './limits.ts';

/** A parser that has lost its way fails at every further letter. */
const MAX_SYNTAX_PROBLEMS = 5;

export interface YamlValue {
  readonly value: unknown;
  readonly problems: readonly Problem[];
  readonly source: SpecSource;
}

export function readYaml(text: string, name: string): YamlValue {
  const nowhere: SpecSource = { name, locate: () => undefined };
  if (text.length > MAX_SPEC_LETTERS)
    return { value: undefined, problems: [tooLarge('the file is too long (letters)', text.length, MAX_SPEC_LETTERS)], source: nowhere };
  const lines = new LineCounter();
  const document = parseOrFail(text, lines);
  if (document === undefined)
    return { value: undefined, problems: [syntax('the file is nested too deeply or is no YAML', 0, lines)], source: nowhere };
  const source: SpecSource = { name, locate: (path, atKey) => position(lines, rangeOf(document.contents, path, atKey)) };
  const failures = [...document.errors, ...document.warnings];
  if (failures.length > 0)
    return {
      value: undefined,
      problems: failures.slice(0, MAX_SYNTAX_PROBLEMS).map((failure) => syntax(describe(failure.code), failure.pos[0], lines)),
      source,
    };
  const reader = new Reader();
  const value = reader.read(document.contents, []);
  return { value, problems: reader.problems, source };
}

function parseOrFail(text: string, lines: LineCounter) {
  try {
    return parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, strict: true, logLevel: 'silent' });
  } catch {
    // Very deep nesting exhausts the parser's stack.
    return undefined;
  }
}

/** Walks the nodes; a class because the count of values and the problems belong to one walk. */
class Reader {
  readonly problems: Problem[] = [];
  #values = 0;

  read(node: unknown, path: Path): unknown {
    if (++this.#values === MAX_SPEC_VALUES) this.problems.push(tooLarge('the spec has too many values', this.#values, MAX_SPEC_VALUES));
    if (this.#values >= MAX_SPEC_VALUES) return null;
    if (path.length > MAX_SPEC_DEPTH)
      return this.#refuse(path, { kind: 'too-large', what: 'nested too deeply', actual: path.length, limit: MAX_SPEC_DEPTH });
    if (isAlias(node))
      return this.#refuse(path, { kind: 'unsupported', what: 'YAML aliases', remedy: 'write the value out, or make it a param' });
    if (hasAnchor(node))
      return this.#refuse(path, { kind: 'unsupported', what: 'YAML anchors', remedy: 'write the value out, or make it a param' });
    if (isMap(node)) return this.#readMap(node, path);
    if (isSeq(node)) return node.items.map((item, i) => this.read(item, [...path, i]));
    return isScalar(node) ? this.#readScalar(node.value, path) : null;
  }

  #readMap(map: YAMLMap, path: Path): Record<string, unknown> {
    const entries = map.items.map((pair: Pair): [string, unknown] => {
      const key = keyText(pair);
      if (key !== undefined && key !== '__proto__') return [key, this.read(pair.value, [...path, key])];
      this.#refuse([...path, key ?? ''], { kind: 'unsupported', what: 'this key', remedy: 'a key is a plain text' }, { atKey: true });
      return ['', null];
    });
    return Object.fromEntries(entries);
  }

  #readScalar(value: unknown, path: Path): unknown {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    return this.#refuse(path, {
      kind: 'wrong-type',
      value: String(value),
      expected: 'a finite number, a text, true or false, a list or a mapping',
    });
  }

  #refuse(path: Path, detail: ProblemDetail, at: { readonly atKey?: boolean } = {}): null {
    this.problems.push({ in: 'spec', path, ...at, ...detail });
    return null;
  }
}

function hasAnchor(node: unknown): boolean {
  return (isMap(node) || isSeq(node) || isScalar(node)) && node.anchor !== undefined;
}

function keyText({ key }: Pair): string | undefined {
  return isScalar(key) && (typeof key.value === 'string' || typeof key.value === 'number') && key.anchor === undefined
    ? String(key.value)
    : undefined;
}

/** Start of the key or value at a path, of its nearest ancestor where it does not exist. */
function rangeOf(node: unknown, path: Path, atKey: boolean): number {
  const start = startOf(node) ?? 0;
  const [first, ...rest] = path;
  if (first === undefined) return start;
  if (isMap(node)) {
    const pair = node.items.find((candidate) => keyText(candidate) === String(first));
    if (pair === undefined) return start;
    const keyStart = startOf(pair.key) ?? start;
    if (rest.length === 0) return atKey ? keyStart : (startOf(pair.value) ?? keyStart);
    return isMap(pair.value) || isSeq(pair.value) ? Math.max(keyStart, rangeOf(pair.value, rest, atKey)) : keyStart;
  }
  if (isSeq(node) && typeof first === 'number' && first in node.items) return rangeOf(node.items[first], rest, atKey);
  return start;
}

function startOf(node: unknown): number | undefined {
  return isMap(node) || isSeq(node) || isScalar(node) || isAlias(node) ? node.range?.[0] : undefined;
}

function position(lines: LineCounter, offset: number): { readonly line: number; readonly column: number } {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function syntax(what: string, offset: number, lines: LineCounter): Problem {
  return { in: 'spec', path: [], kind: 'syntax', what, ...position(lines, offset) };
}

function tooLarge(what: string, actual: number, limit: number): Problem {
  return { in: 'spec', path: [], kind: 'too-large', what, actual, limit };
}

/** The parser's failures in our words. */
function describe(code: string): string {
  return FAILURES[code] ?? 'this is no valid YAML';
}

const FAILURES: Readonly<Record<string, string>> = {
  ALIAS_PROPS: 'YAML aliases are not supported here: write the value out, or make it a param',
  BAD_ALIAS: 'YAML aliases are not supported here: write the value out, or make it a param',
  BAD_DIRECTIVE: 'this YAML directive is not supported: remove the line',
  BAD_INDENT: 'the indentation does not fit the lines above, or a bracket is not closed',
  BLOCK_AS_IMPLICIT_KEY: 'a mapping begins inside a line: put it on a line of its own, or quote the text',
  BLOCK_IN_FLOW: 'a block cannot stand inside { } or [ ]',
  DUPLICATE_KEY: 'this key stands twice: keep one',
  KEY_OVER_1024_CHARS: 'this key is too long',
  MISSING_CHAR: 'a closing quote, bracket, comma or a blank is missing',
  MULTIPLE_DOCS: 'a second document begins (---): one file is one pipeline',
  MULTILINE_IMPLICIT_KEY: 'a key spans several lines: is a colon or a quote missing?',
  MULTIPLE_ANCHORS: 'YAML anchors are not supported here: write the value out, or make it a param',
  TAB_AS_INDENT: 'a tab indents this line: use blanks',
  TAG_RESOLVE_FAILED: 'this YAML tag (!...) is not supported: remove it',
  UNEXPECTED_TOKEN: 'this does not belong here: is a quote, colon or indentation missing?',
};
