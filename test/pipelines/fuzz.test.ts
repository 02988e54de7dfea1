// Malformed specs and params by the thousand: each is a plan or located problems in our own words, never an exception.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMap, isScalar, isSeq, parse, parseDocument, visit } from 'yaml';
import { parseSpecValue } from '../../pipelines/parse.ts';
import { compileParsed, compileText } from './compile-text.ts';
import { smallPipeline } from './small-steps.ts';

/** The small pipeline with a matrix of its own and one of a step. */
const GRID = smallPipeline
  .replace('steps:', 'matrix: { model: [tiny, other], seed: [1, 2] }\nsteps:')
  .replace('  scores:\n', '  scores:\n    matrix: { tBase: [0.8, calibrate] }\n')
  .replace('      tBase: $params.tBase\n', '');

const RUNS = Number(process.env.TSTAR_FUZZ_RUNS ?? 300);
const PLACED = /^(pipeline\.yaml:\d+:\d+: |spec: |param(s| \S.*?): )\S/;
/** Words of zod, yaml and JavaScript that must not reach a person. */
const FOREIGN =
  /Invalid input|received|Unrecognized|invalid_type|Expected .* received|YAMLParseError|TypeError|RangeError|undefined|\[object|Cannot read|at line/;

function expectOutcome({ plan, text }: ReturnType<typeof compileText>): void {
  if (plan !== undefined) return;
  expect(text).toBeTruthy();
  for (const line of text!.split('\n')) {
    expect(line).toMatch(PLACED);
    expect(line.replace(/"[^"]*"/g, '')).not.toMatch(FOREIGN);
    expect(line.length).toBeLessThan(2000);
  }
}

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    '',
    0,
    -1,
    1.5,
    1e300,
    '$params.seed',
    '$params.x',
    '$questions.rows',
    '$scores.scores',
    '$',
    '$$',
    '$a',
    'constructor',
    'calibrate',
    [],
    {},
    [[]],
    { a: 1 },
    'number[]',
    'number |',
    '|',
    'x'.repeat(300),
  ),
  fc.string(),
  fc.double(),
  fc.jsonValue(),
);
const names = fc.oneof(
  fc.constantFrom(
    'params',
    'matrix',
    'steps',
    'with',
    'uses',
    'toString',
    '__proto__',
    'constructor',
    '',
    'a b',
    '1',
    'seed',
    'scores',
    'prototype',
    'drawCount',
  ),
  fc.string(),
);

describe('a malformed spec', () => {
  it('as text with letters changed gives located problems', () => {
    const edit = fc.record({
      at: fc.nat(smallPipeline.length),
      remove: fc.nat(12),
      insert: fc.oneof(
        fc.constantFrom(
          '',
          '\t',
          '\n',
          ':',
          '- ',
          '{',
          '}',
          '[',
          ']',
          '&a ',
          '*a',
          '!!x ',
          '|',
          '>',
          '#',
          '"',
          "'",
          '? ',
          '---\n',
          '%',
          '@',
          '`',
          '\u0000',
          '\ud800',
          '$',
        ),
        fc.string(),
      ),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const text = edits.reduce((before, { at, remove, insert }) => before.slice(0, at) + insert + before.slice(at + remove), GRID);
        expectOutcome(compileText(text));
      }),
      { numRuns: RUNS },
    );
  });

  it('with values and keys replaced gives located problems, as YAML and as JSON', () => {
    const change = fc.record({ place: fc.nat(), kind: fc.constantFrom('value', 'key', 'remove', 'add'), value: odd, name: names });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const document = parseDocument(GRID);
        for (const { place, kind, value, name } of changes) mutate(document, { place, kind, value, name });
        expectOutcome(compileText(String(document)));
        expectOutcome(compileParsed(parseSpecValue(parse(String(document), { uniqueKeys: false }))));
      }),
      { numRuns: RUNS },
    );
  });

  it('as any JSON value gives located problems', () => {
    fc.assert(
      fc.property(odd, (value) => expectOutcome(compileParsed(parseSpecValue(value)))),
      { numRuns: RUNS },
    );
  });
});

it('a right one to start from has eight cells', () => {
  expect(compileText(GRID).plan?.cells).toHaveLength(8);
});

describe('malformed params', () => {
  it('give problems that name them', () => {
    const text = fc.oneof(
      fc.string(),
      fc
        .tuple(
          fc.constantFrom('seed', 'noises', 'tBase', 'drawCount', 'promptCount', 'dataset', 'device', 'x'),
          fc.oneof(
            fc.string(),
            fc.double().map(String),
            fc.constantFrom('[', '[1', '[null]', '[[1]]', '1,', ',', 'NaN', '1e999', '0x10', 'Infinity', '-0'),
          ),
        )
        .map(([name, value]) => `${name}=${value}`),
    );
    const values = fc.oneof(fc.dictionary(fc.oneof(names, fc.constantFrom('seed', 'noises', 'tBase', 'dataset')), odd), odd);
    fc.assert(
      fc.property(fc.array(text, { maxLength: 3 }), fc.array(text, { maxLength: 2 }), values, (sets, matrix, given) => {
        expectOutcome(compileText(smallPipeline, { sets, matrix, values: given }));
        expectOutcome(compileText(smallPipeline, { values: { matrix: given } }));
      }),
      { numRuns: RUNS },
    );
  });
});

interface Change {
  readonly place: number;
  readonly kind: string;
  readonly value: unknown;
  readonly name: string;
}

/** Changes one pair of one mapping of the document, chosen by `place`. */
function mutate(document: ReturnType<typeof parseDocument>, { place, kind, value, name }: Change): void {
  const pairs: {
    readonly remove: () => void;
    readonly set: (value: unknown) => void;
    readonly rename: () => void;
    readonly add: () => void;
  }[] = [];
  visit(document, {
    Map: (_, map) => {
      for (const pair of map.items)
        pairs.push({
          remove: () => void map.items.splice(map.items.indexOf(pair), 1),
          set: (next) => {
            pair.value = document.createNode(next);
          },
          rename: () => {
            if (isScalar(pair.key)) pair.key.value = name;
          },
          add: () => {
            if (!map.has(name)) map.add(document.createPair(name, value));
          },
        });
    },
    Seq: (_, seq) => {
      for (const [i] of seq.items.entries())
        pairs.push({
          remove: () => void seq.items.splice(i, 1),
          set: (next) => void seq.items.splice(i, 1, document.createNode(next)),
          rename: () => undefined,
          add: () => void seq.items.push(document.createNode(value)),
        });
    },
  });
  const chosen = pairs[place % Math.max(1, pairs.length)];
  if (chosen === undefined || !(isMap(document.contents) || isSeq(document.contents))) return;
  if (kind === 'value') chosen.set(value);
  if (kind === 'key') chosen.rename();
  if (kind === 'remove') chosen.remove();
  if (kind === 'add') chosen.add();
}
