// What the machine itself can do in ONNX Runtime, as the ceilings that the engine is held against: the rate of a large
// float32 matrix product, and the rate at which one token's products stream weights from memory.
import { buildModel, graph } from '../models/graph/graph-builder.ts';
import { type GraphSession, openGraphSession } from '../models/runtime/session.ts';
import { leastSeconds } from './measure.ts';

const SIZE = 2048;
const RUNS = 5;
/** Far beyond any cache: 1 GiB of weights. */
const STREAM_COLUMNS = 131_072;

/** GFLOP/s of C = A B with A, B [2048, 2048]. */
export async function measureSgemm(): Promise<number> {
  const g = graph('sgemm');
  const a = g.input('a', 'float32', [SIZE, SIZE]);
  const b = g.input('b', 'float32', [SIZE, SIZE]);
  // The sum keeps the copy of the product out of the measurement.
  g.output(g.node('ReduceSum', [g.node('MatMul', [a, b]), g.ints([0])]), 'float32', [1, SIZE], 'sum');
  const data = waves(SIZE * SIZE);
  const feeds = { a: { data, dims: [SIZE, SIZE] }, b: { data, dims: [SIZE, SIZE] } };
  return withSession(buildModel(g).bytes, async (session) => (2 * SIZE ** 3) / (await leastSeconds(RUNS, () => session.run(feeds))) / 1e9);
}

/** GB/s at which one row times a matrix [131072, 2048], transposed as weights are published, reads it. */
export async function measureWeightStream(): Promise<number> {
  const g = graph('stream');
  const row = g.input('row', 'float32', [1, SIZE]);
  const matrix = g.input('matrix', 'float32', [STREAM_COLUMNS, SIZE]);
  const product = g.node('FusedMatMul', [row, matrix], { transB: 1 }, { domain: 'microsoft' });
  g.output(g.node('ReduceSum', [product, g.ints([1])]), 'float32', [1, 1], 'sum');
  const weights = waves(STREAM_COLUMNS * SIZE);
  const feeds = { row: { data: waves(SIZE), dims: [1, SIZE] }, matrix: { data: weights, dims: [STREAM_COLUMNS, SIZE] } };
  return withSession(
    buildModel(g).bytes,
    async (session) => weights.byteLength / (await leastSeconds(RUNS, () => session.run(feeds))) / 1e9,
  );
}

async function withSession<T>(bytes: Uint8Array, work: (session: GraphSession) => Promise<T>): Promise<T> {
  const session = await openGraphSession({ bytes, folder: '.', device: 'cpu' });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

function waves(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(i));
}
