// The surgery itself: what it leaves of a graph, what it refuses, and that its version follows what it writes.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeModel, encodeModel } from '../../../formats/onnx-proto.ts';
import { UserError } from '../../../formats/user-error.ts';
import { decodeExport } from '../../../models/exported/decode-export.ts';
import { buildModel, type GraphBuilder, graph } from '../../../models/graph/graph-builder.ts';
import { extractHead, INSTRUMENT_VERSION, instrument } from '../../../models/graph/instrument.ts';
import { openGraphSession } from '../../../models/runtime/session.ts';

/** Two Linears of one layer and a head, as an exporter could have written them; `change` adds to it. */
function made(change: (g: GraphBuilder) => void = () => {}) {
  const g = graph('export');
  const matrix = (rows: number, columns: number, name: string) =>
    g.constant('float32', [rows, columns], new Float32Array(rows * columns), name);
  const ids = g.input('input_ids', 'int64', ['B', 'S']);
  const past = g.input('past_key_values.0.key', 'float32', ['B', 2, 'past_sequence_length', 2]);
  const x = g.node('Gather', [matrix(8, 4, 'embedding'), ids]);
  const up = g.node('MatMul', [x, matrix(4, 6, 'model.layers.0.mlp.up_proj.weight')]);
  const down = g.node('MatMul', [up, matrix(6, 4, 'model.layers.0.mlp.down_proj.weight')], {}, { name: 'hidden_states' });
  g.node('MatMul', [down, matrix(4, 8, 'head')], {}, { name: 'logits' });
  g.output('logits', 'float32', ['B', 'S', 8]);
  g.output(past, 'float32', ['B', 2, 'past_sequence_length', 2], 'present.0.key');
  change(g);
  return decodeExport(buildModel(g).bytes, 'made.onnx');
}
const all = { capture: ['lm_head.input', 'layers.0.mlp.up_proj.input'], noise: ['layers.0.mlp.down_proj.input', 'lm_head.input'] };

describe('the instrument', () => {
  it('keeps of an export what its outputs need', () => {
    const { bytes, inputs } = instrument(made(), { capture: ['layers.0.mlp.up_proj.input'], noise: [] });
    expect(inputs.map(({ name }) => name)).toEqual(['input_ids']);
    const { graph: kept } = decodeModel(bytes, 'instrumented');
    expect(kept!.output!.map(({ name }) => name)).toEqual(['layers.0.mlp.up_proj.input', 'hidden_last']);
    expect(kept!.initializer!.map(({ name }) => name)).not.toContain('head');
  });

  it('asks for noise where it was declared, of the head’s input for the last position', () => {
    const inputs = decodeModel(instrument(made(), all).bytes, 'instrumented').graph!.input!;
    const shapes = inputs.map(({ name, type }) => [
      name,
      type!.tensorType!.shape!.dim!.map(({ dimParam, dimValue }) => dimParam || Number(dimValue)),
    ]);
    expect(Object.fromEntries(shapes)).toEqual({
      input_ids: ['B', 'S'],
      scale: [1, 1, 1],
      'noise.layers.0.mlp.down_proj.input': [1, 'S', 6],
      'noise.lm_head.input': [1, 1, 4],
    });
  });

  it('has a version that changes with what it writes: keys contain it', () => {
    const digest = createHash('sha256');
    for (const { bytes } of [instrument(made(), all), instrument(made(), { capture: ['logits'], noise: [] }), extractHead(made())])
      digest.update(bytes);
    // Where this fails the surgery writes other bytes: raise INSTRUMENT_VERSION, then put both values here.
    expect({ version: INSTRUMENT_VERSION, digest: digest.digest('hex').slice(0, 16) }).toEqual({ version: 1, digest: 'b229f09cdea6d89f' });
  });

  it('is blamed on the export where the runtime cannot run it', async () => {
    const wrong = made((g) => g.output(g.node('Reshape', ['hidden_states', g.ints([7, 7])]), 'float32', [7, 7], 'odd'));
    const session = await openGraphSession({ bytes: encodeModel(wrong.model), folder: '', device: 'cpu', foreign: 'made.onnx' });
    const feeds = {
      input_ids: { data: BigInt64Array.of(1n, 2n), dims: [1, 2] },
      'past_key_values.0.key': { data: new Float32Array(), dims: [1, 2, 0, 2] },
    };
    const failure = session.run(feeds, ['odd']);
    await expect(failure).rejects.toThrow(UserError);
    await expect(failure).rejects.toThrow(/^made\.onnx: ONNX Runtime cannot run the graph: .*Reshape/);
    await session.close();
  });

  it('refuses a graph that has its names', () => {
    const taken = made((g) => g.output(g.node('Neg', ['hidden_states'], {}, { name: 'scale' }), 'float32', ['B', 'S', 4]));
    expect(() => instrument(taken, all)).toThrow(
      'made.onnx: its value scale has a name that the instrument needs; rename it in the export',
    );
  });

  it('refuses a head that is not all that leads to the logits', () => {
    const g = graph('export');
    const matrix = (name: string) => g.constant('float32', [4, 4], new Float32Array(16), name);
    const x = g.node('Gather', [matrix('embedding'), g.input('input_ids', 'int64', ['B', 'S'])]);
    const product = g.node('MatMul', [x, matrix('head')]);
    g.output(g.node('Add', [product, g.input('bias', 'float32', [4])], {}, { name: 'logits' }), 'float32', ['B', 'S', 4]);
    const exported = decodeExport(buildModel(g).bytes, 'made.onnx');
    expect(() => extractHead(exported)).toThrow('made.onnx: the logits follow from bias otherwise than through the LM head');
  });
});
