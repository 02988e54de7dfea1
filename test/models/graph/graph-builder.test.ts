// Graphs built as values run as written, loops included, and their digest knows what is computed, not where weights lie.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildModel, float, graph, type WeightLocation } from '../../../models/graph/graph-builder.ts';
import { openGraphSession } from '../../../models/runtime/session.ts';

const folder = mkdtempSync(join(tmpdir(), 'tstar-graph-'));
afterAll(() => rmSync(folder, { recursive: true }));

const weight = (file: string, offset: number): WeightLocation => ({ file, offset, length: 16, dtype: 'float32', dims: [2, 2] });

function product(location: WeightLocation, epsilon = 1) {
  const g = graph('product');
  const x = g.input('x', 'float32', ['N', 2]);
  const y = g.node('FusedMatMul', [x, g.external('w', location)], { transB: 1, alpha: float(epsilon) }, { domain: 'microsoft' });
  g.output(y, 'float32', ['N', 2], 'y');
  return buildModel(g);
}

describe('a built graph', () => {
  it('reads weights from a file of the model’s folder at an offset', async () => {
    writeFileSync(join(folder, 'weights.bin'), new Uint8Array(Float32Array.of(9, 9, 1, 2, 3, 4).buffer));
    const session = await openGraphSession({ bytes: product(weight('weights.bin', 8)).bytes, folder, device: 'cpu' });
    const { y } = await session.run({ x: { data: Float32Array.of(1, 1), dims: [1, 2] } });
    expect([...(y!.data as Float32Array)]).toEqual([3, 7]);
    await session.close();
  });

  it('refuses weights outside of the folder', async () => {
    writeFileSync(join(folder, 'outside.bin'), new Uint8Array(64));
    const { bytes } = product(weight('../outside.bin', 0));
    await expect(openGraphSession({ bytes, folder, device: 'cpu' })).rejects.toThrow(/cannot load the model's graph/);
  });

  it('has a digest of what it computes, not of where the weights lie', () => {
    const { digest, bytes } = product(weight('a.safetensors', 0));
    expect(product(weight('b.safetensors', 512)).digest).toBe(digest);
    expect(product(weight('a.safetensors', 0)).bytes).toEqual(bytes);
    expect(product(weight('a.safetensors', 0), 0.5).digest).not.toBe(digest);
  });

  it('loops with a body that uses outer values', async () => {
    const g = graph('powers');
    const x = g.input('x', 'float32', [2]);
    const count = g.input('count', 'int64', []);
    const body = g.subgraph('body');
    body.input('step', 'int64', []);
    const keep = body.input('keep', 'bool', []);
    const before = body.input('before', 'float32', [2]);
    body.output(keep, 'bool', [], 'keep_on');
    body.output(body.node('Mul', [before, x]), 'float32', [2], 'after');
    const yes = g.constant('bool', [], Uint8Array.of(1));
    const power = g.node('Loop', [count, yes, g.floats([1, 1])], { body });
    g.output(power, 'float32', [2], 'y');
    const session = await openGraphSession({ bytes: buildModel(g).bytes, folder, device: 'cpu' });
    const { y } = await session.run({ x: { data: Float32Array.of(2, 3), dims: [2] }, count: { data: BigInt64Array.of(3n), dims: [] } });
    expect([...(y!.data as Float32Array)]).toEqual([8, 27]);
    await session.close();
  });

  it('makes equal constants once', () => {
    const g = graph('constants');
    expect(g.ints([1, 2])).toBe(g.ints([1, 2]));
    expect(g.ints([1])).not.toBe(g.ints(1));
    expect(g.proto().initializer!.length).toBe(3);
  });
});
