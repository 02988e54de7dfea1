// The machine's own rate of float32 matrix products in ONNX Runtime: one large MatMul, the best of a few runs. What a model's
// forward pass can at most reach.
import { buildModel, graph } from '../models/graph/graph-builder.ts';
import { openGraphSession } from '../models/runtime/session.ts';

const SIZE = 2048;
const RUNS = 5;

/** GFLOP/s of C = A B with A, B [2048, 2048]. */
export async function measureSgemm(): Promise<number> {
  const g = graph('sgemm');
  const a = g.input('a', 'float32', [SIZE, SIZE]);
  const b = g.input('b', 'float32', [SIZE, SIZE]);
  // The sum keeps the copy of the product out of the measurement.
  const product = g.node('MatMul', [a, b]);
  g.output(g.node('ReduceSum', [product, g.ints([0])]), 'float32', [1, SIZE], 'sum');
  const session = await openGraphSession({ bytes: buildModel(g).bytes, folder: '.', device: 'cpu' });
  const data = Float32Array.from({ length: SIZE * SIZE }, (_, i) => Math.sin(i));
  const feeds = { a: { data, dims: [SIZE, SIZE] }, b: { data, dims: [SIZE, SIZE] } };
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const started = performance.now();
    await session.run(feeds);
    best = Math.min(best, performance.now() - started);
  }
  await session.close();
  return (2 * SIZE ** 3) / best / 1e6;
}
