// What sites, amplitude and kept positions mean in keys: params that came later leave older keys as they were, two ways to say the
// same are one key, and what changes a number changes the key.
import { describe, expect, it } from 'vitest';
import { steps } from '../../activities/steps.ts';
import { numericEnvironment } from '../../models/environment.ts';
import { parseModelConfig } from '../../models/graph/model-config.ts';
import { listSites } from '../../models/graph/sites.ts';
import { compile } from '../../pipelines/compile.ts';
import { parseSpec } from '../../pipelines/parse.ts';
import type { ModelSource } from '../../pipelines/sources.ts';
import { smallSources } from '../pipelines/small-steps.ts';

const config = {
  model_type: 'llama',
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 320,
  max_position_embeddings: 256,
  rms_norm_eps: 1e-5,
};
const { models, datasets } = smallSources({ models: ['tiny'], datasets: [{ preference: ['word-problems'], split: 'test' }] });
const built: ModelSource = { ...models.tiny!, config };
const LINEARS = listSites(parseModelConfig(config)).flatMap(({ name, kind }) => (kind === 'linear input' ? [name] : []));
const exported: ModelSource = {
  ...models.tiny!,
  exported: { graph: 'abc', fusedSites: [], sites: [...LINEARS, 'logits'], linearSites: LINEARS },
};

function compiled(uses: string, given: string, model: ModelSource = built) {
  const { spec } = parseSpec(
    `name: sites
description: sites
steps:
  questions: { uses: load-dataset, with: { dataset: [word-problems], limit: 1 } }
  prompts: { uses: render-prompts, with: { model: tiny, questions: $questions.rows } }
  it: { uses: ${uses}, with: { model: tiny, prompts: $prompts.ids${given} } }
`,
    'sites.yaml',
  );
  return compile(spec!, { params: {}, steps, sources: { models: { tiny: model }, datasets }, store: 'store' });
}

function keyParts(uses: string, given: string, model: ModelSource = built) {
  const { plan, problems } = compiled(uses, given, model);
  expect(problems).toBeUndefined();
  const { identity, environment } = plan!.nodes.at(-1)!;
  return { identity, environment };
}

describe('the key of inject-noise', () => {
  const noise = (given: string, model?: ModelSource) => keyParts('inject-noise', `, scales: [0.1]${given}`, model);

  it.each([
    ['built here', built, { config }],
    ['exported', exported, { graph: 'abc' }],
  ] as const)('of a graph that is %s is what it was before sites could be chosen', (_, model, origin) => {
    const { identity, environment } = noise('', model);
    expect(Object.keys(identity).sort()).toEqual(['device', 'model', 'noise', 'precision', 'seed']);
    expect(environment).toEqual(numericEnvironment(origin, { verb: 'inject', precision: 'float32', device: 'cpu' }));
    expect(noise(', amplitude: relative, sites: ["layers.*.*.*.input", lm_head.input]', model)).toEqual({ identity, environment });
  });

  it('names the sites, not the globs', () => {
    const one = noise(', sites: ["layers.*.residual"]');
    expect(one.identity.sites).toEqual(['layers.0.residual', 'layers.1.residual']);
    expect(noise(', sites: [layers.1.residual, layers.0.residual]')).toEqual(one);
    expect(noise(', sites: ["**"]').identity.sites).not.toContain('logits');
  });

  it('changes with sites and amplitude, its graph too where the graph is built here', () => {
    const parts = ['', ', amplitude: absolute', ', sites: [lm_head.input]', ', sites: [lm_head.input], amplitude: absolute'].map((given) =>
      noise(given),
    );
    expect(new Set(parts.map(({ identity }) => JSON.stringify(identity))).size).toBe(4);
    expect(new Set(parts.map(({ environment }) => JSON.stringify(environment))).size).toBe(4);
  });

  it('is refused where a glob names no place for noise, with the nearest', () => {
    const problemsOf = (given: string, model?: ModelSource) =>
      compiled('inject-noise', `, scales: [0.1]${given}`, model)
        .problems?.map((p) => JSON.stringify(p))
        .join();
    expect(problemsOf(', sites: [logits]')).toContain('no site of the model matches logits; the nearest is');
    expect(problemsOf(', sites: [layers.0.residul]')).toContain('the nearest is layers.0.residual');
    expect(problemsOf(', sites: [layers.0.residual]', exported)).toContain('in an export at the inputs of its Linears');
  });
});

describe('the key of noise-by-site', () => {
  it('is what it was before amplitudes could be absolute, and another with such', () => {
    const before = keyParts('noise-by-site', ', scales: [0.1]');
    expect(Object.keys(before.identity).sort()).toEqual(['device', 'model', 'noise', 'precision', 'seed']);
    expect(before.environment).toEqual(numericEnvironment({ config }, { verb: 'injectBySite', precision: 'float32', device: 'cpu' }));
    const absolute = keyParts('noise-by-site', ', scales: [0.1], amplitude: absolute');
    expect(absolute.identity).toEqual({ ...before.identity, amplitude: 'absolute' });
    expect(absolute.environment).not.toEqual(before.environment);
  });
});

describe('the key of capture-sites', () => {
  it('names the sites, not the globs, and what is kept', () => {
    const one = keyParts('capture-sites', ', sites: ["layers.*.residual", logits], positions: last');
    expect(one.identity).toMatchObject({ sites: ['layers.0.residual', 'layers.1.residual', 'logits'], positions: 'last' });
    expect(keyParts('capture-sites', ', sites: [logits, "layers.{0,1}.residual"], positions: last')).toEqual(one);
    expect(keyParts('capture-sites', ', sites: [logits], positions: last').environment).not.toEqual(one.environment);
  });

  it('is refused where a glob names no site, each glob with the nearest', () => {
    const { problems } = compiled('capture-sites', ', sites: [layers.9.residual, "**.dwn_proj.input"]');
    expect(problems!.map((problem) => ('message' in problem ? problem.message : ''))).toEqual([
      'no site of the model matches layers.9.residual; the nearest is layers.0.residual (tstar models sites MODEL)',
      'no site of the model matches **.dwn_proj.input; the nearest is layers.0.mlp.down_proj.input (tstar models sites MODEL)',
    ]);
  });
});
