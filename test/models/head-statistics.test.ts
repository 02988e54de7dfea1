// The fast statistics of head noise against numerics' plain float64, on vocabularies that do and do not fill whole blocks.
import { describe, expect, test } from 'vitest';
import { buildTiltedSums } from '../../models/graph/tilted-sums.ts';
import { scoreLogits } from '../../models/head-statistics.ts';
import { openGraphSession } from '../../models/runtime/session.ts';
import { alphaOf } from '../../numerics/alpha.ts';
import { bestTemperatureContinuous } from '../../numerics/best-temperature.ts';
import { scoreTemperatures } from '../../numerics/kl.ts';
import { stdUnbiased } from '../../numerics/moments.ts';
import { greatestDifference } from './reference-model.ts';

const temperatures = [0.56, 0.64, 0.8, 1.12, 1.6];
const tBase = 0.8;

/** Peaked logits around 12, as a language model gives them, deterministic. */
function logits(size: number, disturbance: number): Float32Array {
  return Float32Array.from(
    { length: size },
    (_, i) => 12 + 3 * Math.sin(i * 1.7) + 9 * Math.exp(-(i % 97)) + disturbance * Math.sin(i * i * 0.013),
  );
}

async function scored(clean: Float32Array, noisyRows: readonly Float32Array[], base = tBase) {
  const tilt = await openGraphSession({ bytes: buildTiltedSums(clean.length).bytes, folder: '.', device: 'cpu' });
  const noisy = new Float32Array(clean.length * noisyRows.length);
  for (const [i, row] of noisyRows.entries()) noisy.set(row, i * clean.length);
  const scores = await scoreLogits(tilt, { clean, noisy, tBase: base, temperatures });
  await tilt.close();
  return scores;
}

describe('scores of disturbed logits', () => {
  test.each([512, 1000, 4096, 49152])('agree with float64 over a vocabulary of %i', async (size) => {
    const clean = logits(size, 0);
    const rows = [0.01, 0.5, 3].map((disturbance) => logits(size, disturbance));
    const scores = await scored(clean, rows);
    for (const [i, row] of rows.entries()) {
      const expected = scoreTemperatures(clean, row, { tBase, temperatures });
      expect(greatestDifference(scores[i]!.klByTemperature, expected.klByTemperature)).toBeLessThan(5e-6);
      expect(greatestDifference(scores[i]!.probByTemperature, expected.probByTemperature)).toBeLessThan(5e-6);
      expect(Math.abs(scores[i]!.bestTKlContinuous - bestTemperatureContinuous(clean, row, tBase).temperature)).toBeLessThan(2e-6);
      expect(scores[i]!.alpha).toBeCloseTo(alphaOf(clean, row), 12);
      expect(scores[i]!.noisyLogitsStd).toBe(stdUnbiased(row));
    }
  });

  test.each([0.8, 0.2, 0.05])('find the best temperature where all but 1e-13 is on one token, at T_base %f', async (base) => {
    const lead = (row: Float32Array, by: number) => {
      row[700] = row.reduce((greatest, logit) => Math.max(greatest, logit)) + by;
      return row;
    };
    const clean = lead(logits(1000, 0), 30 * base);
    const rows = [0.1, 0.5, 1].map((disturbance) => lead(logits(1000, disturbance), 33 * base));
    const scores = await scored(clean, rows, base);
    for (const [i, row] of rows.entries()) {
      const expected = bestTemperatureContinuous(clean, row, base);
      expect(Math.abs(Math.log(scores[i]!.bestTKlContinuous / expected.temperature))).toBeLessThan(2e-6);
      expect(scores[i]!.atEnd).toBe(expected.atEnd);
    }
  });

  test('without a root inside say which end, and logits without spread do not fail', async () => {
    const clean = logits(600, 0);
    const flipped = clean.map((logit) => -logit);
    const flat = new Float32Array(600).fill(3);
    const [apart, level] = await scored(clean, [flipped, flat]);
    expect([apart!.bestTKlContinuous, apart!.atEnd]).toEqual([50, 'high']);
    expect(level!.klByTemperature.every((kl) => Number.isFinite(kl))).toBe(true);
    const [constant] = await scored(flat, [flat]);
    expect(constant).toMatchObject({ alpha: 0, cleanLogitsStd: 0, differenceStd: 0, atEnd: null });
  });
});
