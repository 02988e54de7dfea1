import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noiseStream, type Stream } from '../../numerics/coordinates.ts';
import { mean, stdPopulation } from '../../numerics/moments.ts';
import { openNoiseKernel } from '../../numerics/noise.ts';
import { normalAt } from '../../numerics/normal.ts';

const kernel = openNoiseKernel();
const site = { seed: 42, prompt: 3, draw: 1, site: 'layers.3.mlp.down_proj.input' };
const word = fc.nat(2 ** 32 - 1);
const anyStream: fc.Arbitrary<Stream> = fc.record({ key0: word, key1: word, counter2: word, counter3: word });
/** Beginnings near 0, near the carry between the block's two words, and anywhere. */
const anyOffset = fc.oneof(
  fc.nat(100),
  fc.nat(64).map((back) => 2 ** 34 - back),
  fc.maxSafeNat().map((i) => Math.floor(i / 2)),
);

function filled(stream: Stream, offset: number, count: number): Float32Array {
  const out = new Float32Array(count);
  kernel.fill(stream, offset, out);
  return out;
}

/** Bits, so that -0 is not 0. */
const bits = (values: Float32Array) => Array.from(new Uint32Array(values.buffer, values.byteOffset, values.length));

describe('the noise kernel', () => {
  it('gives the bits of the plain reference at any offset and count', () => {
    fc.assert(
      fc.property(anyStream, anyOffset, fc.nat(70), (stream, offset, count) => {
        const expected = Float32Array.from({ length: count }, (_, i) => normalAt(stream, offset + i));
        expect(bits(filled(stream, offset, count))).toEqual(bits(expected));
      }),
      { numRuns: 500 },
    );
  });

  it('gives the bits of the plain reference over a long stretch with several passes', () => {
    const stream = noiseStream(site);
    const expected = Float32Array.from({ length: 40_000 }, (_, i) => normalAt(stream, 3 + i));
    expect(bits(filled(stream, 3, 40_000))).toEqual(bits(expected));
  });

  it('gives the same numbers however a stretch is split', () => {
    const whole = filled(noiseStream(site), 0, 50_000);
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(50_000), { maxLength: 8 }), (cuts) => {
        const borders = [0, ...cuts.sort((a, b) => a - b), 50_000];
        const split = new Float32Array(50_000);
        for (let i = borders.length - 1; i > 0; i--)
          kernel.fill(noiseStream(site), borders[i - 1]!, split.subarray(borders[i - 1]!, borders[i]!));
        expect(Buffer.from(split.buffer).equals(Buffer.from(whole.buffer))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('writes nothing into an empty array and refuses places outside of a stream', () => {
    const stream = noiseStream(site);
    expect(() => kernel.fill(stream, 5, new Float32Array(0))).not.toThrow();
    for (const offset of [-1, 0.5, Number.NaN, 2 ** 53 - 2])
      expect(() => kernel.fill(stream, offset, new Float32Array(4))).toThrow(RangeError);
  });

  it('is what its sources compile to, and asks nothing of the host', async () => {
    const built = readFileSync(new URL('../../numerics/wasm/noise.wasm', import.meta.url));
    expect(WebAssembly.Module.imports(new WebAssembly.Module(new Uint8Array(built)))).toEqual([]);
    const folder = mkdtempSync(join(tmpdir(), 'tstar-kernel-'));
    const compiler = new URL('../../numerics/wasm/build.mjs', import.meta.url).href;
    const { buildKernel } = (await import(compiler)) as { buildKernel(outFile: string): Promise<void> };
    await buildKernel(join(folder, 'noise.wasm'));
    expect(readFileSync(join(folder, 'noise.wasm')).equals(built), 'run `npm run build`').toBe(true);
    rmSync(folder, { recursive: true });
  });
});

describe('a million normals', () => {
  const count = 1_000_000;
  const values = filled(noiseStream(site), 0, count);
  const power = (k: number) => mean(Float64Array.from(values, (z) => z ** k));

  // Each bound is 5 standard errors: Var(z^k) = (2k - 1)!! - E[z^k]^2.
  it.each([
    [1, 0, 1],
    [2, 1, 2],
    [3, 0, 15],
    [4, 3, 96],
    [6, 15, 10170],
  ])('have moment %i near %i', (k, expected, variance) => {
    expect(Math.abs(power(k) - expected)).toBeLessThan(5 * Math.sqrt(variance / count));
  });

  it('follow the normal distribution function (Kolmogorov-Smirnov, p > 1e-4)', () => {
    const sorted = Float64Array.from(values).sort();
    let distance = 0;
    for (let i = 0; i < count; i++) {
      const expected = normalCdf(sorted[i]!);
      distance = Math.max(distance, Math.abs(expected - i / count), Math.abs(expected - (i + 1) / count));
    }
    expect(distance * Math.sqrt(count)).toBeLessThan(2.23);
  });

  it('have the tails of the normal distribution', () => {
    const beyond = (limit: number) => values.reduce((sum, z) => sum + (Math.abs(z) > limit ? 1 : 0), 0);
    for (const [limit, share] of [
      [2, 0.0455003],
      [3, 0.0026998],
      [4, 6.3342e-5],
    ] as const) {
      expect(Math.abs(beyond(limit) - share * count)).toBeLessThan(5 * Math.sqrt(share * count));
    }
  });

  it.each([
    ['the next place of the same site', () => filled(noiseStream(site), 1, count)],
    ['the place after that, of another pair', () => filled(noiseStream(site), 2, count)],
    ['the next draw', () => filled(noiseStream({ ...site, draw: 2 }), 0, count)],
    ['the next prompt', () => filled(noiseStream({ ...site, prompt: 4 }), 0, count)],
    ['the next seed', () => filled(noiseStream({ ...site, seed: 43 }), 0, count)],
    ['the next layer', () => filled(noiseStream({ ...site, site: 'layers.4.mlp.down_proj.input' }), 0, count)],
    ['the same site at a scale of its own', () => filled(noiseStream({ ...site, scale: 0.1 }), 0, count)],
  ])('are uncorrelated with %s, and so are their squares', (_, make) => {
    const others = make();
    const product = (f: (z: number) => number) => mean(Float64Array.from(values, (z, i) => f(z) * f(others[i]!)));
    expect(Math.abs(product((z) => z))).toBeLessThan(5 / Math.sqrt(count));
    expect(Math.abs(product((z) => z * z - 1))).toBeLessThan((5 * 2) / Math.sqrt(count));
    expect(Math.abs(stdPopulation(others) - 1)).toBeLessThan(5 / Math.sqrt(2 * count));
  });
});

/** Abramowitz and Stegun 7.1.26 for erf: absolute error below 1.5e-7, far below what a million numbers can show (1e-3). */
function normalCdf(z: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(z)) / Math.SQRT2);
  const erf = 1 - ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp((-z * z) / 2);
  return z < 0 ? (1 - erf) / 2 : (1 + erf) / 2;
}
