// The hook points of a model: which there are, how they are numbered, and how patterns choose among them.
import { describe, expect, it } from 'vitest';
import { parseModelConfig } from '../../../models/graph/model-config.ts';
import { EVERY_LINEAR, linearSites, listSites, matchSites, selectSites } from '../../../models/graph/sites.ts';

const config = parseModelConfig({
  model_type: 'llama',
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 32,
  vocab_size: 320,
  max_position_embeddings: 256,
  rms_norm_eps: 1e-5,
});
const names = (pattern: string) => selectSites(config, pattern).map(({ name }) => name);

describe('sites', () => {
  it('number the Linears in module order, the head last, whatever stands between them', () => {
    const linears = linearSites(config);
    expect(linears.map(({ index }) => index)).toEqual(Array.from({ length: 15 }, (_, i) => i));
    expect(linears.slice(0, 4).map(({ name }) => name)).toEqual(
      ['q_proj', 'k_proj', 'v_proj', 'o_proj'].map((name) => `layers.0.self_attn.${name}.input`),
    );
    expect(linears.slice(0, 7).map(({ width }) => width)).toEqual([64, 64, 64, 128, 64, 64, 128]);
    expect(linears[13]).toEqual({
      name: 'layers.1.mlp.down_proj.input',
      index: 13,
      width: 128,
      kind: 'linear input',
      positions: 'all',
      what: 'what down_proj of layer 1 reads',
    });
    expect(linears[14]).toMatchObject({ name: 'lm_head.input', index: 14, width: 64 });
  });

  it('stand in the order of a pass, each with a name and a number of its own', () => {
    const sites = listSites(config);
    expect(sites.length).toBe(20);
    expect(new Set(sites.map(({ name }) => name)).size).toBe(20);
    expect(sites.map(({ index }) => index).sort((a, b) => a - b)).toEqual(sites.map((_, i) => i));
    expect(sites.filter(({ kind }) => kind !== 'linear input').map(({ name, width, positions }) => [name, width, positions])).toEqual([
      ['embedding.output', 64, 'all'],
      ['layers.0.residual', 64, 'all'],
      ['layers.1.residual', 64, 'all'],
      ['final_norm.output', 64, 'all'],
      ['logits', 320, 'last'],
    ]);
  });

  it('are those of the fused Linears where the architecture has such', () => {
    const phi3 = parseModelConfig({
      model_type: 'phi3',
      hidden_size: 64,
      intermediate_size: 128,
      num_hidden_layers: 1,
      num_attention_heads: 4,
      vocab_size: 320,
      max_position_embeddings: 256,
      rms_norm_eps: 1e-5,
    });
    expect(linearSites(phi3).map(({ name, width }) => [name, width])).toEqual([
      ['layers.0.self_attn.qkv_proj.input', 64],
      ['layers.0.self_attn.o_proj.input', 64],
      ['layers.0.mlp.gate_up_proj.input', 64],
      ['layers.0.mlp.down_proj.input', 128],
      ['lm_head.input', 64],
    ]);
  });

  it('are chosen by globs over dotted names', () => {
    expect(names('**').length).toBe(20);
    expect(selectSites(config, EVERY_LINEAR)).toEqual(linearSites(config));
    expect(names('layers.*.mlp.*.input').length).toBe(6);
    expect(names('layers.*.residual')).toEqual(['layers.0.residual', 'layers.1.residual']);
    expect(names('layers.1.self_attn.{q,k}_proj.input')).toEqual(['layers.1.self_attn.q_proj.input', 'layers.1.self_attn.k_proj.input']);
    expect(names('*')).toEqual(['logits']);
  });

  it('are chosen once and in order by several globs', () => {
    const chosen = matchSites(listSites(config), ['logits', 'layers.*.residual', 'layers.1.residual']);
    expect(chosen.map(({ name }) => name)).toEqual(['layers.0.residual', 'layers.1.residual', 'logits']);
  });

  it.each([
    ['layers.1.self_attn.q_prj.input', 'layers.1.self_attn.q_proj.input'],
    ['layers.*.mlp.down_prj.input', 'layers.0.mlp.down_proj.input'],
    ['layers.9.residual', 'layers.0.residual'],
    ['lm_head', 'lm_head.input'],
    ['final_norm.input', 'final_norm.output'],
    ['**.dwn_proj.input', 'layers.0.mlp.down_proj.input'],
    ['layers.1.**.o_prj.input', 'layers.1.self_attn.o_proj.input'],
    ['layers.*.residul', 'layers.0.residual'],
  ])('%s names nothing; the nearest site is said', (pattern, nearest) => {
    expect(() => selectSites(config, pattern)).toThrow(`no site of the model matches ${pattern}; the nearest is ${nearest} `);
  });
});
