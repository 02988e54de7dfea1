// The sites of graphs that others exported: named and numbered like those of the architecture, fused ones saying what they share.
import { describe, expect, it } from 'vitest';
import { decodeExport } from '../../../models/exported/decode-export.ts';
import { readExport } from '../../../models/exported/read-export.ts';
import { buildModel, type GraphBuilder, graph } from '../../../models/graph/graph-builder.ts';
import { parseModelConfig } from '../../../models/graph/model-config.ts';
import { linearSites, listSites } from '../../../models/graph/sites.ts';
import { hasMirror, inMirror, NO_MIRROR, readJson } from '../../mirror.ts';

const EXPORTS = ['optimum-tiny-llama/onnx', 'optimum-tiny-qwen2-bf16/onnx', 'genai-tiny-llama-fp32', 'genai-tiny-qwen2-int4'];

describe.skipIf(!hasMirror)(`sites of exports (${hasMirror ? 'fixtures of two exporters' : NO_MIRROR})`, () => {
  it.each([
    ['optimum-tiny-llama', 'tiny-llama'],
    ['optimum-tiny-qwen2-bf16', 'tiny-qwen2-bf16'],
  ])('of %s are those of the model that it was made from', async (folder, original) => {
    const { sites } = await readExport(inMirror('fixtures', folder, 'onnx/model.onnx'));
    const config = parseModelConfig(readJson(inMirror('fixtures', original, 'config.json')));
    const described = sites.map(({ linear, stream, ...site }) => site);
    expect(described.filter(({ kind }) => kind === 'linear input')).toEqual(linearSites(config));
    // The streams too; only the logits are those of all positions here.
    expect(described.slice(0, -1)).toEqual(listSites(config).slice(0, -1));
    expect(sites.at(-1)).toMatchObject({ name: 'logits', width: 512, kind: 'logits' });
  });

  it.each(['genai-tiny-llama-fp32', 'genai-tiny-qwen2-int4'])('of %s say where q, k and v are one Linear', async (folder) => {
    const { sites } = await readExport(inMirror('fixtures', folder, 'model.onnx'));
    const linears = sites.filter(({ kind }) => kind === 'linear input');
    expect(linears.map(({ name, width }) => [name, width]).slice(0, 6)).toEqual([
      ['layers.0.self_attn.qkv_proj.input', 64],
      ['layers.0.self_attn.o_proj.input', 64],
      ['layers.0.mlp.gate_proj.input', 64],
      ['layers.0.mlp.up_proj.input', 64],
      ['layers.0.mlp.down_proj.input', 128],
      ['layers.1.self_attn.qkv_proj.input', 64],
    ]);
    expect(linears.length).toBe(3 * 5 + 1);
    const others = sites.filter(({ kind }) => kind !== 'linear input').map(({ name }) => name);
    expect(others).toEqual(['embedding.output', ...[0, 1, 2].map((layer) => `layers.${layer}.residual`), 'final_norm.output', 'logits']);
    expect(linears[0]).toMatchObject({
      shares: ['q', 'k', 'v'].map((part) => `layers.0.self_attn.${part}_proj.input`),
      what: 'what q_proj, k_proj, v_proj of layer 0 read: one Linear in this export, so one draw of noise',
    });
    expect(sites.filter(({ shares }) => shares !== undefined).length).toBe(3);
  });

  it.each(EXPORTS)('of %s end with the head', async (folder) => {
    const { sites } = await readExport(inMirror('fixtures', folder, 'model.onnx'));
    expect(sites.at(-2)).toMatchObject({ name: 'lm_head.input', width: 64 });
  });
});

describe('the Linears of a graph', () => {
  const sitesOf = (make: (g: GraphBuilder) => void) => {
    const g = graph('export');
    make(g);
    return decodeExport(buildModel(g).bytes, 'made.onnx').sites.map(({ name, width }) => `${name} ${width}`);
  };
  const matrix = (g: GraphBuilder, rows: number, columns: number, name: string) =>
    g.constant('float32', [rows, columns], new Float32Array(rows * columns), name);
  const embed = (g: GraphBuilder, width: number) =>
    g.node('Gather', [matrix(g, 8, width, 'embedding'), g.input('input_ids', 'int64', ['B', 'S'])]);
  const head = (g: GraphBuilder, x: string, width: number) => {
    g.node('MatMul', [x, matrix(g, width, 8, 'head')], {}, { name: 'logits' });
    g.output('logits', 'float32', ['B', 'S', 8]);
  };

  it('are found as MatMul, Gemm and FusedMatMul, by node or weight names', () => {
    const sites = sitesOf((g) => {
      const x = embed(g, 4);
      const flat = g.node('Reshape', [x, g.ints([-1, 4])]);
      const up = g.node('Gemm', [flat, matrix(g, 6, 4, 'model.layers.0.mlp.up_proj.weight')], { transB: 1 });
      const down = g.node(
        'FusedMatMul',
        [up, matrix(g, 4, 6, 'w')],
        { transB: 1 },
        { domain: 'microsoft', name: '/model/layers.0/mlp/down_proj/MatMul' },
      );
      head(g, g.node('Reshape', [down, g.node('Shape', [x])]), 4);
    });
    expect(sites).toEqual(['layers.0.mlp.up_proj.input 4', 'layers.0.mlp.down_proj.input 6', 'lm_head.input 4', 'logits 8']);
  });

  it('stand in module order wherever the exporter put them, and carry a number where it left no name', () => {
    const sites = sitesOf((g) => {
      const x = embed(g, 4);
      const v = g.node('MatMul', [x, matrix(g, 4, 4, 'model.layers.1.attn.v_proj.weight')]);
      const q = g.node('MatMul', [x, matrix(g, 4, 4, 'model.layers.1.attn.q_proj.weight')]);
      const other = g.node('MatMul', [g.node('Add', [q, v]), matrix(g, 4, 4, 'onnx::MatMul_7')]);
      head(g, other, 4);
    });
    expect(sites).toEqual([
      'unnamed.2.input 4',
      'layers.1.self_attn.q_proj.input 4',
      'layers.1.self_attn.v_proj.input 4',
      'lm_head.input 4',
      'logits 8',
    ]);
  });

  it('are none of the products between values, nor those of positions', () => {
    const sites = sitesOf((g) => {
      const x = embed(g, 4);
      const positions = g.node('Unsqueeze', [g.input('position_ids', 'float32', ['B', 'S']), g.ints([2])]);
      const angles = g.node('MatMul', [positions, matrix(g, 1, 4, 'layers.0.rotary.inverse_frequencies')]);
      const scores = g.node('MatMul', [x, g.node('Transpose', [angles], { perm: [0, 2, 1] })]);
      head(g, g.node('MatMul', [scores, x]), 4);
    });
    expect(sites).toEqual(['lm_head.input 4', 'logits 8']);
  });

  it('must lead to the logits, in float32', () => {
    expect(() => sitesOf((g) => g.output(embed(g, 4), 'float32', ['B', 'S', 4], 'logits'))).toThrow(
      'made.onnx: no Linear leads from input_ids to an output logits; expected a decoder with an LM head',
    );
    const half = (g: GraphBuilder) => {
      const weight = g.node('Cast', [matrix(g, 4, 8, 'head')], { to: 10 });
      g.node('MatMul', [g.node('Cast', [embed(g, 4)], { to: 10 }), weight], {}, { name: 'logits' });
      g.output('logits', 'float16', ['B', 'S', 8]);
    };
    expect(() => sitesOf(half)).toThrow(
      'made.onnx: node logits: computes in data_type 10; only exports with float32 activations are supported',
    );
  });
});
