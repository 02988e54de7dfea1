// Every declared param of the shipped pipelines, with the real catalogue and resolved sources: what it may and what it may not
// change. Nothing runs: a unit's content stands for its key, so that a changed key reaches everything below it.
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseDocument, stringify, visit } from 'yaml';
import { resolveSources } from '../../activities/resolve-sources.ts';
import { steps } from '../../activities/steps.ts';
import { viewNames } from '../../dashboards/view-names.ts';
import { createHub } from '../../hub/create-hub.ts';
import { readHubSettings } from '../../hub/settings.ts';
import { axisParams } from '../../pipelines/axes.ts';
import { compile } from '../../pipelines/compile.ts';
import { resolveParams } from '../../pipelines/params.ts';
import { parseSpec } from '../../pipelines/parse.ts';
import { type Json, type Plan, unitCount } from '../../pipelines/plan.ts';
import type { Sources } from '../../pipelines/sources.ts';
import type { Spec } from '../../pipelines/spec.ts';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import { type Keys, keysOfPlan } from './plan-keys.ts';

type Values = Readonly<Record<string, Json>>;

const MODELS = ['hf:fixtures/tiny-llama', 'hf:fixtures/tiny-qwen2-bf16'] as const;

const positive = fc.integer({ min: 1, max: 5000 }).map((n) => n / 1000);

/** What a shipped pipeline's params may and may not change. */
interface Shipped {
  readonly name: string;
  /** Small, so that some thousand plans take seconds. */
  readonly base: Values;
  /** Params that are no axis of any step, with other values than the pipeline's. */
  readonly knobs: Readonly<Record<string, fc.Arbitrary<Json>>>;
  /** Params that choose the values of an axis, with more than those of `base`. */
  readonly longer: Readonly<Record<string, fc.Arbitrary<Json>>>;
  /** Lists of values of an axis: their order counts nowhere. */
  readonly lists: readonly string[];
  /** Steps with a unit per prompt and nothing else. */
  readonly byPrompt: readonly string[];
}

const BASE: Values = { model: MODELS[0], dataset: ['gsm8k'], promptOffset: 3, promptCount: 3 };

const KNOBS: Shipped['knobs'] = {
  model: fc.constant(MODELS[1]),
  dataset: fc.constant(['word-problems']),
  split: fc.constant('train'),
  bos: fc.constant('single'),
  device: fc.constant('cuda'),
  precision: fc.constantFrom('float16', 'int8', 'int4'),
};

/** It only selects. */
const OTHERS = ['promptOffset'];

const STUDY_LISTS: Values = { noiseScales: [0.1, 0.2], headScales: [0.1, 0.5], calibrationTemperatures: [0.7, 0.8] };

const SHIPPED: readonly Shipped[] = [
  {
    name: 'effective-noise',
    base: { ...BASE, ...STUDY_LISTS, drawCount: 2 },
    knobs: {
      ...KNOBS,
      noise: fc.constant('independent'),
      temperatureMultiples: fc.uniqueArray(positive, { minLength: 1, maxLength: 6 }),
      maxNewTokens: fc.integer({ min: 1, max: 4096 }).filter((n) => n !== 512),
      tBase: fc.oneof(
        positive.map((t) => t + 0.05).filter((t) => t !== 0.8),
        fc.constant('calibrate'),
      ),
      seed: fc.nat().filter((n) => n !== 42),
    },
    longer: {
      promptCount: fc.integer({ min: 4, max: 8 }),
      drawCount: fc.integer({ min: 3, max: 5 }),
      ...Object.fromEntries(Object.entries(STUDY_LISTS).map(([name, list]) => [name, longerThan(list as readonly number[])])),
    },
    lists: Object.keys(STUDY_LISTS),
    byPrompt: ['questions', 'prompts', 'hidden'],
  },
  {
    name: 'temperature-calibration',
    base: BASE,
    knobs: { ...KNOBS, fitEvery: fc.integer({ min: 3, max: 1000 }) },
    longer: { promptCount: fc.integer({ min: 4, max: 8 }) },
    lists: [],
    byPrompt: ['questions', 'prompts', 'answers', 'states'],
  },
];

/** A list with more values, in any order. */
function longerThan(base: readonly number[]): fc.Arbitrary<Json> {
  const more = fc.uniqueArray(
    positive.filter((value) => !base.includes(value)),
    { minLength: 1, maxLength: 4 },
  );
  return more.chain((added) => fc.shuffledSubarray([...base, ...added], { minLength: base.length + added.length }));
}

describe.skipIf(!hasMirror).each(SHIPPED)(`the keys of $name${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, (shipped) => {
  let text: string;
  let spec: Spec;
  let sources: Sources;
  let base: Plan;
  let baseKeys: Keys;

  beforeAll(async () => {
    text = await readFile(new URL(`../../pipelines/${shipped.name}.yaml`, import.meta.url), 'utf8');
    spec = parseSpec(text, `${shipped.name}.yaml`).spec!;
    const hub = createHub({ ...readHubSettings(process.env), fetch, log: () => undefined });
    const datasets = [
      { preference: ['gsm8k'], split: 'test' },
      { preference: ['gsm8k'], split: 'train' },
      { preference: ['word-problems'], split: 'test' },
    ];
    sources = await resolveSources({ models: MODELS, datasets }, { hub, signal: new AbortController().signal });
    base = planWith();
    baseKeys = keysOfPlan(base);
  });

  function planWith(values: Values = {}, of: Spec = spec): Plan {
    const { params, problems } = resolveParams(of, { values: { ...shipped.base, ...values } });
    expect(problems).toBeUndefined();
    const compiled = compile(of, { params: params!, steps, views: viewNames, sources, store: 'store' });
    expect(compiled.problems).toBeUndefined();
    return compiled.plan!;
  }

  /** Nodes where a param stands in `with` and chooses no axis. */
  function usersOf(param: string): string[] {
    return base.nodes
      .filter(({ id, step }) => {
        const selections = axisParams(steps.find(({ name }) => name === step)!);
        return Object.entries(spec.steps[id]!.with ?? {}).some(([key, value]) => value === `$params.${param}` && !selections.has(key));
      })
      .map(({ id }) => id);
  }

  it('are tested for every declared param', () => {
    expect([...Object.keys(shipped.knobs), ...Object.keys(shipped.longer), ...OTHERS].sort()).toEqual(Object.keys(spec.params).sort());
    for (const param of Object.keys(shipped.knobs)) expect([param, usersOf(param).length > 0]).toEqual([param, true]);
    for (const param of Object.keys(shipped.longer)) expect([param, usersOf(param)]).toEqual([param, []]);
  });

  it.each(Object.keys(shipped.knobs))('all change with %s in the steps that use it and below them, and nowhere else', (param) => {
    fc.assert(
      fc.property(shipped.knobs[param]!, (value) => {
        const plan = planWith({ [param]: value });
        const moved = new Set(usersOf(param));
        for (const { id, inputs } of plan.nodes) if (Object.values(inputs).some(({ node }) => moved.has(node))) moved.add(id);
        for (const [id, keys] of keysOfPlan(plan)) {
          const kept = [...keys].filter((key) => baseKeys.get(id)!.has(key)).length;
          expect([id, kept]).toEqual([id, moved.has(id) ? 0 : baseKeys.get(id)!.size]);
        }
      }),
      { numRuns: 25 },
    );
  });

  it.each(Object.keys(shipped.longer))(
    'stay where %s grows, whatever its order: keys are added; only who reads the whole step runs again',
    (param) => {
      fc.assert(
        fc.property(shipped.longer[param]!, (value) => {
          const plan = planWith({ [param]: value });
          const grown = new Set(plan.nodes.filter((node, i) => unitCount(node) > unitCount(base.nodes[i]!)).map(({ id }) => id));
          expect(grown.size).toBeGreaterThan(0);
          const again = new Set<string>();
          for (const { id, inputs } of plan.nodes)
            if (Object.values(inputs).some(({ node, reads }) => again.has(node) || (reads === 'all' && grown.has(node)))) again.add(id);
          for (const [id, keys] of keysOfPlan(plan)) {
            const kept = [...baseKeys.get(id)!].filter((key) => keys.has(key)).length;
            expect([id, kept]).toEqual([id, again.has(id) ? 0 : baseKeys.get(id)!.size]);
          }
        }),
        { numRuns: 25 },
      );
    },
  );

  if (shipped.lists.length > 0)
    it('stay with another order of every axis', () => {
      const shuffled = fc.tuple(
        ...shipped.lists.map((name) => {
          const list = [...(shipped.base[name] as readonly number[]), 0.9, 1.3];
          return fc.shuffledSubarray(list, { minLength: list.length });
        }),
      );
      const named = (values: readonly Json[]): Values => Object.fromEntries(shipped.lists.map((name, i) => [name, values[i]!]));
      fc.assert(
        fc.property(shuffled, shuffled, (one, other) => {
          expect(keysOfPlan(planWith(named(one)))).toEqual(keysOfPlan(planWith(named(other))));
        }),
        { numRuns: 25 },
      );
    });

  it('stay for the prompts that two selections share', () => {
    const shifted = keysOfPlan(planWith({ promptOffset: 4 }));
    for (const id of shipped.byPrompt) expect([...shifted.get(id)!].filter((key) => baseKeys.get(id)!.has(key))).toHaveLength(2);
  });

  it('stay with other comments, order of keys and formatting of the file', () => {
    const quotes = fc.constantFrom<'PLAIN' | 'QUOTE_DOUBLE' | 'QUOTE_SINGLE'>('PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE');
    const layout = fc.record({ quotes, indent: fc.integer({ min: 1, max: 8 }), flow: fc.boolean() });
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat()), layout, (numbers, { quotes: defaultStringType, indent, flow }) => {
        const document = parseDocument(text);
        visit(document, {
          Map: (_, map) => {
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
        const other = parseSpec(stringify(document, { indent, defaultStringType, defaultKeyType: 'PLAIN', lineWidth: 60 }), 'other.yaml');
        expect(other.problems).toBeUndefined();
        expect(keysOfPlan(planWith({}, other.spec))).toEqual(baseKeys);
      }),
      { numRuns: 25 },
    );
  });
});
