// What may and what may not change a key, over all declared params: checked through the whole language and the one key function.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument, stringify, visit } from 'yaml';
import { canonicalJson } from '../../artifacts/canonical-json.ts';
import { digestOf } from '../../artifacts/digest.ts';
import { unitKey } from '../../artifacts/key.ts';
import { type Plan, unitsOf } from '../../pipelines/plan.ts';
import { compileText } from './compile-text.ts';
import { smallPipeline } from './small-steps.ts';

/** Keys by node; inputs stand for themselves (their digests are those of unchanged contents). */
function keysOf(plan: Plan): Map<string, Set<string>> {
  return new Map(
    plan.nodes.map((node) => {
      const inputs = Object.fromEntries(Object.entries(node.inputs).map(([name, input]) => [name, digestOf(canonicalJson(input))]));
      const { step, version, identity, environment } = node;
      return [
        node.id,
        new Set([...unitsOf(node)].map((coordinates) => unitKey({ step, version, identity, coordinates, inputs, environment }).key)),
      ];
    }),
  );
}

const keysWith = (sets: readonly string[] = [], text = smallPipeline): Map<string, Set<string>> => {
  const { plan, text: problems } = compileText(text, { sets });
  expect(problems).toBeUndefined();
  return keysOf(plan!);
};

const plain = keysWith();

describe('a key', () => {
  it('does not change with comments, order of keys or formatting of the YAML', () => {
    const shuffles = fc.infiniteStream(fc.nat());
    fc.assert(
      fc.property(
        shuffles,
        fc.constantFrom<'PLAIN' | 'QUOTE_DOUBLE' | 'QUOTE_SINGLE'>('PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE'),
        fc.integer({ min: 1, max: 8 }),
        fc.boolean(),
        (numbers, quotes, indent, flow) => {
          const document = parseDocument(smallPipeline);
          visit(document, {
            Map: (_, map) => {
              // Sorting by drawn numbers is a shuffle.
              map.items = map.items
                .map((item) => ({ item, rank: numbers.next().value ?? 0 }))
                .sort((a, b) => a.rank - b.rank)
                .map(({ item }) => item);
              map.commentBefore = ` ${numbers.next().value}`;
            },
          });
          visit(document, {
            Collection: (_, node) => {
              node.flow = flow;
            },
          });
          const text = stringify(document, { indent, defaultStringType: quotes, defaultKeyType: 'PLAIN', lineWidth: 40 });
          expect(keysWith([], text)).toEqual(plain);
        },
      ),
      { numRuns: 60 },
    );
  });

  // Where each param counts: the steps whose keys must all move when it changes, and no other step's own part does.
  it.each([
    ['model=other', ['states', 'scores']],
    ['dataset=word-problems', ['questions']],
    ['tBase=0.9', ['scores']],
    ['tBase=calibrate', ['scores']],
    ['device=cuda', ['states', 'scores']],
    ['seed=43', ['scores']],
  ])('contains %s', (set, nodes) => {
    const changed = keysWith([set]);
    for (const [id, keys] of changed) {
      const kept = [...keys].filter((key) => plain.get(id)!.has(key)).length;
      expect([id, kept]).toEqual([id, nodes.includes(id) ? 0 : plain.get(id)!.size]);
    }
  });

  it.each([
    ['promptCount=6', ['questions', 'states', 'scores']],
    ['drawCount=5', ['scores']],
    ['noises=0.1,0.2,0.3', ['scores']],
    ['noises=0.3,0.2,0.1', ['scores']],
  ])('stays with %s: an axis that grows adds keys and moves none', (set, growing) => {
    for (const [id, keys] of keysWith([set])) {
      for (const key of plain.get(id)!) expect(keys.has(key)).toBe(true);
      expect(keys.size > plain.get(id)!.size).toBe(growing.includes(id));
    }
  });

  it('stays with another order of an axis, and with another selection of prompts', () => {
    expect(keysWith(['noises=0.2,0.1'])).toEqual(plain);
    const shifted = keysWith(['promptOffset=2']);
    expect([...shifted.get('states')!].filter((key) => plain.get('states')!.has(key))).toHaveLength(2);
  });
});
