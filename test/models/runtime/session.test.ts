// What a session asks of ONNX Runtime, seen in what it makes of a graph: the optimized graph that the library itself writes down.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { describe, expect, it, vi } from 'vitest';
import { decodeModel } from '../../../formats/onnx-proto.ts';
import type { ComputeWay } from '../../../models/engine.ts';
import { buildModel, graph } from '../../../models/graph/graph-builder.ts';
import { openGraphSession } from '../../../models/runtime/session.ts';

const written = vi.hoisted(() => ({ path: '', options: {} as InferenceSession.SessionOptions }));
vi.mock('onnxruntime-node', async (original) => {
  const library = await original<typeof import('onnxruntime-node')>();
  const create = (bytes: Uint8Array, options: InferenceSession.SessionOptions) => {
    written.options = options;
    return library.InferenceSession.create(bytes, { ...options, optimizedModelFilePath: written.path });
  };
  return { ...library, InferenceSession: { create } };
});

describe('openGraphSession', () => {
  /** x + (1 + 2): the sum in brackets is the same at every run. */
  async function nodesLeft(way: ComputeWay & { readonly sizeBytes?: number }): Promise<number> {
    const g = graph('sums');
    const x = g.input('x', 'float32', [1]);
    const three = g.node('Add', [g.floats([1]), g.floats([2])]);
    g.output(g.node('Add', [x, three]), 'float32', [1], 'y');
    written.path = join(mkdtempSync(join(tmpdir(), 'tstar-session-')), 'optimized.onnx');
    const session = await openGraphSession({ bytes: buildModel(g).bytes, folder: tmpdir(), device: 'cpu', ...way });
    try {
      const { y } = await session.run({ x: { data: Float32Array.of(4), dims: [1] } });
      expect([...y!.data]).toEqual([7]);
      return decodeModel(readFileSync(written.path), written.path).graph!.node!.length;
    } finally {
      await session.close();
      rmSync(join(written.path, '..'), { recursive: true });
    }
  }

  it('lets the library simplify a graph, and with optimization off runs it node by node', async () => {
    expect(await nodesLeft({})).toBe(1);
    // The last one copies the result into the output's name.
    expect(await nodesLeft({ optimization: 'off' })).toBe(3);
  });

  it.each([
    { size: 'large', sizeBytes: 5e8, threads: availableParallelism(), other: 1 },
    { size: 'small', sizeBytes: 5e5, threads: 1, other: availableParallelism() },
  ])('runs a $size model on $threads threads, and on $other where the other is asked for', async ({ sizeBytes, threads, other }) => {
    await nodesLeft({ sizeBytes });
    expect(written.options.intraOpNumThreads).toBe(threads);
    await nodesLeft({ sizeBytes, threads: 'other' });
    expect(written.options.intraOpNumThreads).toBe(other);
  });
});
