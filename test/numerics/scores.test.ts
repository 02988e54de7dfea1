import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alphaOf, predictedTemperature } from '../../numerics/alpha.ts';
import {
  bestTemperatureByGreatest,
  bestTemperatureByLeast,
  bestTemperatureContinuous,
  bestTemperatureForExpectation,
} from '../../numerics/best-temperature.ts';
import { klDivergence, probabilityOfArgmax, scoreTemperatures } from '../../numerics/kl.ts';
import { greatest, logSumExp, softmaxExpectation, tiltedMoments } from '../../numerics/log-sum-exp.ts';
import { golden } from './golden.ts';

interface Row {
  readonly clean: number[];
  readonly noisy: number[];
  readonly tBase: number;
  readonly temperatures: number[];
  readonly kl: number[];
  readonly prob: number[];
  readonly best: number;
  readonly alpha: number;
  readonly logSumExp: number;
}
const rows = golden<Row[]>('logits.json').map((row) => [row.tBase, row.best, row] as const);

describe('scores of logits', () => {
  it.each(rows)('are SciPy’s at T_base %f (best T %f)', (_, best, row) => {
    const { klByTemperature, probByTemperature } = scoreTemperatures(row.clean, row.noisy, row);
    for (const [i, expected] of row.kl.entries()) expect(Math.abs(klByTemperature[i]! - expected)).toBeLessThan(1e-11);
    for (const [i, expected] of row.prob.entries()) expect(Math.abs(probByTemperature[i]! - expected)).toBeLessThan(1e-12);
    expect(klDivergence(row.clean, row.noisy, { tBase: row.tBase, temperature: row.temperatures[3]! })).toBe(klByTemperature[3]);
    expect(probabilityOfArgmax(row.clean, row.noisy, row.temperatures[3]!)).toBe(probByTemperature[3]);
    expect(logSumExp(row.noisy)).toBeCloseTo(row.logSumExp, 12);
    expect(alphaOf(row.clean, row.noisy)).toBeCloseTo(row.alpha, 12);
    const { temperature, atEnd } = bestTemperatureContinuous(row.clean, row.noisy, row.tBase);
    expect(Math.abs(Math.log(temperature / best))).toBeLessThan(1e-6);
    expect(atEnd).toBe(best === 0.02 ? 'low' : best === 50 ? 'high' : null);
  });

  it('do not overflow or lose small differences at great logits', () => {
    expect(logSumExp([1e4, 1e4])).toBeCloseTo(1e4 + Math.LN2, 10);
    expect(klDivergence([1e4, 0], [1e4, 0], { tBase: 1, temperature: 1 })).toBe(0);
    expect(tiltedMoments([3, 3, 3], 2, 3)).toEqual({ mean: 0, variance: 0 });
  });

  it('take the first argmax on ties', () => {
    expect(greatest([1, 5, 5])).toEqual({ value: 5, index: 1 });
    expect(probabilityOfArgmax([5, 5], [0, Math.log(3)], 1)).toBeCloseTo(0.25, 12);
  });

  it('refuse logits that are not finite, lengths that differ and temperatures that are not positive', () => {
    expect(() => logSumExp([0, Number.NaN])).toThrow('Logit 1 of 2 is NaN: logits must be finite');
    expect(() => logSumExp([])).toThrow(RangeError);
    expect(() => softmaxExpectation([1, 2], 1, [1])).toThrow('2 logits but 1 values');
    expect(() => klDivergence([1, 2], [1, 2], { tBase: 1, temperature: 0 })).toThrow('A temperature is a positive number, not 0');
    expect(() => scoreTemperatures([1], [1, 2], { tBase: 1, temperatures: [1] })).toThrow(RangeError);
  });
});

describe('alphaOf', () => {
  it('is the added variance relative to the clean one, 0 where that is 0', () => {
    expect(alphaOf([0, 2], [1, 1])).toBe(1);
    expect(alphaOf([3, 3], [1, 2])).toBe(0);
    expect(() => alphaOf([1, 2], [1])).toThrow(RangeError);
    expect(() => alphaOf([1], [1])).toThrow(RangeError);
    expect(predictedTemperature(0.8, 0.44)).toBeCloseTo(0.96, 12);
  });
});

describe('the best temperature on a grid', () => {
  it('is the first of equals', () => {
    expect(bestTemperatureByLeast([0.5, 0.6, 0.7], [1, 0, 0])).toBe(0.6);
    expect(bestTemperatureByGreatest([0.5, 0.6, 0.7], [1, 1, 0])).toBe(0.5);
    expect(() => bestTemperatureByLeast([], [])).toThrow(RangeError);
    expect(() => bestTemperatureByGreatest([1, 2], [0, Number.NaN])).toThrow('The score at temperature 2 is NaN');
  });
});

describe('the continuous best temperature', () => {
  const logits = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 2, maxLength: 50 });
  const tBase = fc.double({ min: 0.1, max: 5, noNaN: true });

  it('is T_base where nothing disturbs', () => {
    expect(bestTemperatureContinuous([1, 2, 3], [1, 2, 3], 0.8).temperature).toBeCloseTo(0.8, 6);
  });

  it('scales with the noisy logits', () => {
    const clean = [1, 2, 3, 5, -4];
    const { temperature } = bestTemperatureContinuous(
      clean,
      clean.map((x) => 1.5 * x + 7),
      0.8,
    );
    expect(temperature).toBeCloseTo(1.2, 6);
  });

  it('has no better neighbour, or lies at the end where KL still falls', () => {
    fc.assert(
      fc.property(logits, fc.infiniteStream(fc.double({ min: -8, max: 8, noNaN: true })), tBase, (clean, noise, base) => {
        const noisy = clean.map((x) => x + noise.next().value);
        const { temperature, atEnd } = bestTemperatureContinuous(clean, noisy, base);
        const at = (factor: number) => klDivergence(clean, noisy, { tBase: base, temperature: temperature * factor });
        // Flat minima are found to rounding: KL near them is good to 1e-12 of the logits' size over T.
        const slack = (1e-12 * 100) / temperature;
        if (atEnd !== 'low') expect(at(1)).toBeLessThanOrEqual(at(0.999) + slack);
        if (atEnd !== 'high') expect(at(1)).toBeLessThanOrEqual(at(1.001) + slack);
        expect(temperature >= 0.02 && temperature <= 50).toBe(true);
        if (atEnd !== null) expect(temperature).toBe(atEnd === 'low' ? 0.02 : 50);
      }),
      { numRuns: 300 },
    );
  });

  it('does not depend on where the search begins', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 100, noNaN: true }), fc.double({ min: 0.05, max: 3, noNaN: true }), (start, base) => {
        const noisy = Array.from({ length: 300 }, (_, i) => 5 * Math.sin(i * i));
        const { temperature } = bestTemperatureForExpectation(noisy, softmaxExpectation(noisy, 1 / base, noisy), { start });
        expect(Math.abs(Math.log(temperature / base))).toBeLessThan(2e-6);
      }),
    );
  });

  it('keeps its digits where the softmax is nearly all on one token', () => {
    const clean = [60, 0, -3];
    const { temperature } = bestTemperatureContinuous(
      clean,
      clean.map((x) => 2 * x),
      0.8,
    );
    expect(temperature).toBeCloseTo(1.6, 5);
  });

  it('says which end it points to where there is no root inside', () => {
    expect(bestTemperatureContinuous([9, 0, 0], [0, 1, 2], 1)).toEqual({ temperature: 50, atEnd: 'high' });
    expect(bestTemperatureContinuous([1, 0], [1e-3, 0], 0.8)).toEqual({ temperature: 0.02, atEnd: 'low' });
    expect(bestTemperatureForExpectation([0, 1, 2], 2)).toEqual({ temperature: 0.02, atEnd: 'low' });
  });

  it('is T_base where the noisy logits say nothing', () => {
    expect(bestTemperatureContinuous([1, 2, 3], [0.1, 0.1, 0.1], 0.8)).toEqual({ temperature: 0.8, atEnd: null });
  });

  it('refuses what is no temperature or expectation', () => {
    expect(() => bestTemperatureContinuous([1, 2], [1, 2], 0)).toThrow(RangeError);
    expect(() => bestTemperatureForExpectation([1, 2], Number.NaN)).toThrow(RangeError);
  });
});

interface Reference {
  readonly t_base: number;
  readonly temperatures: number[];
  readonly prompts: {
    readonly logits_last: number[];
    readonly head: {
      logits_last: number[];
      alpha: number;
      token: number;
      kl: number[];
      prob: number[];
      best_t_kl: number;
      best_t_kl_continuous: number;
    };
  }[];
}
const reference = join(process.env.TSTAR_MIRRORS ?? '', 'fixtures/tiny-llama/reference.json');

describe.skipIf(!existsSync(reference))('against PyTorch (needs fixtures/tiny-llama of the mirror)', () => {
  const {
    t_base: tBase,
    temperatures,
    prompts,
  } = existsSync(reference) ? (JSON.parse(readFileSync(reference, 'utf8')) as Reference) : { t_base: 1, temperatures: [], prompts: [] };

  it.each(prompts.map((prompt, i) => [i, prompt] as const))(
    'prompt %i has its alpha, KL, probability and best temperatures',
    (_, { logits_last: clean, head }) => {
      const { klByTemperature, probByTemperature } = scoreTemperatures(clean, head.logits_last, { tBase, temperatures });
      expect(greatest(clean).index).toBe(head.token);
      expect(Math.abs(alphaOf(clean, head.logits_last) - head.alpha)).toBeLessThan(1e-4);
      for (const [i, expected] of head.kl.entries()) expect(Math.abs(klByTemperature[i]! - expected)).toBeLessThan(1e-4);
      for (const [i, expected] of head.prob.entries()) expect(Math.abs(probByTemperature[i]! - expected)).toBeLessThan(1e-4);
      expect(bestTemperatureByLeast(temperatures, klByTemperature)).toBe(head.best_t_kl);
      expect(Math.abs(bestTemperatureContinuous(clean, head.logits_last, tBase).temperature - head.best_t_kl_continuous)).toBeLessThan(
        1e-4,
      );
    },
  );
});
