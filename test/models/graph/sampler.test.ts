import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { buildModel, graph } from '../../../models/graph/graph-builder.ts';
import { sampleTokens, suppressIds } from '../../../models/graph/sampler.ts';
import { openGraphSession } from '../../../models/runtime/session.ts';
import { sampleStream, uniformAt } from '../../../numerics/coordinates.ts';

describe('sampleTokens', () => {
  it('draws as often as softmax says (chi-square over 20,000 fixed uniforms)', async () => {
    const logits = [0.3, -1.2, 2.1, 0, -30, 1.4, -0.4];
    const draws = 20_000;
    const uniforms = Array.from({ length: draws }, (_, replicate) => uniformAt(sampleStream({ seed: 7, prompt: 1, replicate }), 0));
    const ids = await sample({ rows: uniforms.map(() => logits), uniforms, greedy: [] });
    const probabilities = softmax(logits);
    const chiSquare = probabilities.reduce((sum, p, id) => {
      const expected = p * draws;
      return expected < 1 ? sum : sum + (ids.filter((found) => found === id).length - expected) ** 2 / expected;
    }, 0);
    expect(ids).not.toContain(4);
    // 99.9 % of chi-square with 5 degrees of freedom.
    expect(chiSquare).toBeLessThan(20.52);
  });

  it.each([3, 256, 512, 1000, 49_152])('is the inverse of the distribution function over %i ids', async (vocabSize) => {
    const uniforms = Array.from({ length: 64 }, (_, step) => uniformAt(sampleStream({ seed: 1, prompt: 2, replicate: 3 }), step));
    const rows = uniforms.map((_, row) =>
      Array.from({ length: vocabSize }, (_, i) => 4 * Math.sin(i * 0.37 + row) + ((i * 7919) % 97) / 24),
    );
    const ids = await sample({ rows, uniforms, greedy: [] });
    for (const [row, id] of ids.entries()) {
      const probabilities = softmax(rows[row]!);
      const below = probabilities.slice(0, id).reduce((sum, p) => sum + p, 0);
      // float32 sums of 256 blocks and of 256 entries: a few units of 2^-24.
      expect(uniforms[row]!).toBeGreaterThan(below - 2e-6);
      expect(uniforms[row]!).toBeLessThan(below + probabilities[id]! + 2e-6);
    }
  });

  it('never draws what has no probability, at the ends of (0, 1) neither', async () => {
    const row = Array.from({ length: 600 }, (_, i) => (i === 100 || i === 400 ? 0 : -1000));
    const uniforms = [2 ** -24, 0.49, 0.51, 1 - 2 ** -24];
    expect(await sample({ rows: uniforms.map(() => row), uniforms, greedy: [] })).toEqual([100, 100, 400, 400]);
  });

  it('takes the first of the greatest logits where greedy, beside rows that are drawn', async () => {
    const row = Array.from({ length: 700 }, (_, i) => (i === 300 || i === 650 ? 5 : 4.9));
    expect((await sample({ rows: [row, row], uniforms: [0.0001, 0.0001], greedy: [1] }))[0]).toBeLessThan(10);
    expect((await sample({ rows: [row, row], uniforms: [0.0001, 0.0001], greedy: [1] }))[1]).toBe(300);
  });

  it('leaves suppressed ids out', async () => {
    const rows = [[1, 9, 8, 2]];
    expect(await sample({ rows, uniforms: [0.5], greedy: [0], suppressed: [1] })).toEqual([2]);
  });
});

interface Samples {
  readonly rows: readonly (readonly number[])[];
  readonly uniforms: readonly number[];
  /** Rows that are greedy. */
  readonly greedy: readonly number[];
  readonly suppressed?: readonly number[];
}

async function sample({ rows, uniforms, greedy, suppressed = [] }: Samples): Promise<number[]> {
  const vocabSize = rows[0]!.length;
  const batch = rows.length;
  const g = graph('sample');
  const logits = suppressIds(g, g.input('logits', 'float32', ['batch', 1, vocabSize]), suppressed, vocabSize);
  const flag = (name: string, dims: (string | number)[]) => g.node('Cast', [g.input(name, 'uint8', dims)], { to: 9 });
  const inputs = {
    logits,
    uniform: g.input('uniform', 'float32', ['batch', 1]),
    greedy: flag('greedy', ['batch', 1]),
    anyGreedy: flag('any', []),
  };
  g.output(sampleTokens(g, inputs, vocabSize), 'int64', ['batch', 1], 'ids');
  const session = await openGraphSession({ bytes: buildModel(g).bytes, folder: tmpdir(), device: 'cpu' });
  const outputs = await session.run({
    logits: { data: Float32Array.from(rows.flat()), dims: [batch, 1, vocabSize] },
    uniform: { data: Float32Array.from(uniforms), dims: [batch, 1] },
    greedy: { data: Uint8Array.from({ length: batch }, (_, row) => (greedy.includes(row) ? 1 : 0)), dims: [batch, 1] },
    any: { data: Uint8Array.of(greedy.length > 0 ? 1 : 0), dims: [] },
  });
  await session.close();
  return Array.from(outputs.ids!.data as BigInt64Array, Number);
}

function softmax(logits: readonly number[]): number[] {
  const greatest = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - greatest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
