// Axes whose values follow from a source (the parts of a model): unknown while a spec is checked alone, there once compiled,
// and in no key but as a unit's own place.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jsonType } from '../../artifacts/codecs.ts';
import { compile } from '../../pipelines/compile.ts';
import { linkSpec } from '../../pipelines/link.ts';
import { parseSpec } from '../../pipelines/parse.ts';
import { defineStep } from '../../pipelines/step.ts';
import { smallSources } from './small-steps.ts';

const part = jsonType('part', z.string(), 'a part of a model');
async function* runNothing(): AsyncGenerator<never> {}

const parts = defineStep({
  name: 'take-apart',
  version: 1,
  summary: 'Takes a model apart',
  device: 'light',
  params: z.object({ model: z.string().meta({ source: 'model' }), groupBy: z.enum(['layer', 'none']) }),
  inputs: {},
  outputs: { parts: part },
  axes: {
    part: {
      chosenBy: 'groupBy',
      values: ({ groupBy, model }, { models }) => (groupBy === 'none' ? [] : [models[model as string]!.name, 'all']),
    },
  },
  shardUnits: 1,
  run: runNothing,
});
const reader = defineStep({
  name: 'read-parts',
  version: 1,
  summary: 'Reads parts',
  device: 'light',
  params: z.object({}),
  inputs: { parts: { type: part, reads: 'each', description: 'parts' } },
  outputs: { read: part },
  axes: { part: { from: 'parts' } },
  shardUnits: 1,
  run: runNothing,
});
const steps = [parts, reader];
const spec = (groupBy: string) =>
  parseSpec(
    `name: parts
description: parts
steps:
  parts: { uses: take-apart, with: { model: tiny, groupBy: ${groupBy} } }
  read: { uses: read-parts, with: { parts: $parts.parts } }
results: { read: $read.read }
`,
    'parts.yaml',
  ).spec!;
const sources = smallSources({ models: ['tiny'], datasets: [] });

describe('an axis chosen among the parts of a source', () => {
  it('is empty before the sources are known, also where another step takes it over', () => {
    const { linked, problems } = linkSpec(spec('layer'), { params: {}, steps });
    expect(problems).toBeUndefined();
    expect(linked!.nodes.map(({ axes }) => axes)).toEqual([[{ name: 'part', values: [] }], [{ name: 'part', values: [] }]]);
  });

  it('has its values in the plan, and its param in no key', () => {
    const { plan } = compile(spec('layer'), { params: {}, steps, sources, store: 'here' });
    for (const node of plan!.nodes) expect(node.axes).toEqual([{ name: 'part', values: ['tiny', 'all'] }]);
    expect(Object.keys(plan!.nodes[0]!.identity)).toEqual(['model']);
  });

  it('without any value is refused once the sources are known', () => {
    const { problems } = compile(spec('none'), { params: {}, steps, sources, store: 'here' });
    expect(problems).toMatchObject([{ kind: 'out-of-range', path: ['steps', 'parts', 'with', 'groupBy'] }]);
  });
});
