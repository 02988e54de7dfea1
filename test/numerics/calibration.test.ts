import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibrationScores, MEASURES, type Measure, type ScoredAnswer } from '../../numerics/calibration-scores.ts';
import { fitTemperature, type NllSlope, type PromptSlope, temperatureInterval, totalSlope } from '../../numerics/fit-temperature.ts';
import { addBins, BIN_COUNT, binOf, expectedCalibrationError, reliabilityBins, sumBins } from '../../numerics/reliability.ts';
import { scoreToken, type TokenScore } from '../../numerics/token-score.ts';
import { golden } from './golden.ts';

interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly se: number;
}
interface Case {
  readonly prompts: { readonly prompt: number; readonly logits: number[][]; readonly targets: number[] }[];
  readonly temperature: number;
  readonly oneStep: Estimate;
  readonly refit: Estimate;
  readonly measures: Record<Measure, Record<'before' | 'after' | 'change', Estimate>>;
  readonly bins: Record<'before' | 'after', [number, number | null, number | null][]>;
}
const cases = golden<Case[]>('calibration.json').map((one) => [one.prompts.length, one.temperature, one] as const);

function scoreAt(prompt: Case['prompts'][number], temperature: number): TokenScore[] {
  return prompt.logits.map((logits, i) => scoreToken(logits, { target: prompt.targets[i]!, temperature }));
}

function slopesAt(prompts: Case['prompts'], temperature: number): PromptSlope[] {
  return prompts.map((prompt) => {
    const tokens = scoreAt(prompt, temperature);
    const sum = (field: 'gradient' | 'curvature') => tokens.reduce((total, token) => total + token[field], 0);
    return { prompt: prompt.prompt, gradient: sum('gradient'), curvature: sum('curvature') };
  });
}

function answersOf({ prompts, temperature }: Case): ScoredAnswer[] {
  return prompts.map((prompt) => ({ prompt: prompt.prompt, before: scoreAt(prompt, 1), after: scoreAt(prompt, temperature) }));
}

describe('scoreToken', () => {
  it('scores an even choice', () => {
    expect(scoreToken([0, 0], { target: 1, temperature: 1 })).toEqual({
      nll: Math.LN2,
      confidence: 0.5,
      correct: false,
      brier: 0.5,
      gradient: 0,
      curvature: 0,
    });
  });

  it('has the slope and curvature of its NLL', () => {
    const logits = [0.3, -1.2, 4, 2.5, -7];
    const at = (beta: number) => scoreToken(logits, { target: 3, temperature: 1 / beta });
    const step = 1e-4;
    for (const beta of [0.3, 1, 2.2]) {
      const { gradient, curvature } = at(beta);
      expect((at(beta + step).nll - at(beta - step).nll) / (2 * step)).toBeCloseTo(gradient, 6);
      expect((at(beta + step).gradient - at(beta - step).gradient) / (2 * step)).toBeCloseTo(curvature, 6);
    }
  });

  it('stays in range where logits are large and the choice is certain', () => {
    expect(scoreToken([1000, 900], { target: 0, temperature: 0.02 })).toMatchObject({ nll: 0, confidence: 1, correct: true, brier: 0 });
    expect(scoreToken([1000, 900], { target: 1, temperature: 1 })).toMatchObject({ nll: 100, confidence: 1, correct: false, brier: 2 });
    fc.assert(
      fc.property(fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 1, maxLength: 9 }), (logits) => {
        const { nll, confidence, brier, curvature } = scoreToken(logits, { target: 0, temperature: 0.7 });
        expect(nll).toBeGreaterThanOrEqual(0);
        expect(confidence > 0 && confidence <= 1 && brier >= 0 && brier <= 2 && curvature >= 0).toBe(true);
      }),
    );
  });

  it.each([
    [[0, 1], 2, 1],
    [[0, 1], -1, 1],
    [[0, 1], 0.5, 1],
    [[0, 1], 0, 0],
    [[0, 1], 0, Number.NaN],
    [[], 0, 1],
    [[0, Number.NaN], 0, 1],
  ])('refuses logits %j, target %d, temperature %d', (logits, target, temperature) => {
    expect(() => scoreToken(logits, { target, temperature })).toThrow(RangeError);
  });
});

describe('fitTemperature', () => {
  it.each(cases)('finds SciPy’s root over %i prompts (T %f), to 1e-9', (_, temperature, { prompts }) => {
    const fitted = fitTemperature((at) => totalSlope(slopesAt(prompts, at)));
    expect(fitted.atEnd).toBeNull();
    expect(Math.abs(Math.log(fitted.temperature / temperature))).toBeLessThan(1e-9);
  });

  it('does not depend on the order of the prompts, to the bit', () => {
    const { prompts } = cases[1]![2];
    const expected = fitTemperature((at) => totalSlope(slopesAt(prompts, at))).temperature;
    fc.assert(
      fc.property(fc.shuffledSubarray(prompts, { minLength: prompts.length }), (shuffled) => {
        expect(fitTemperature((at) => totalSlope(slopesAt(shuffled, at))).temperature).toBe(expected);
      }),
      { numRuns: 20 },
    );
  });

  it('finds the minimum wherever it lies, in few steps', () => {
    fc.assert(
      fc.property(fc.double({ min: Math.log(0.021), max: Math.log(49), noNaN: true }), fc.integer({ min: 2, max: 40 }), (logT, width) => {
        // E[x] under softmax(beta x) less its value at the root: what an answer drawn at that temperature would give.
        const logits = Array.from({ length: width }, (_, i) => Math.sin(7 * i) * 3);
        const mean = (beta: number) => scoreToken(logits, { target: 0, temperature: 1 / beta });
        const target = mean(Math.exp(-logT)).gradient;
        let steps = 0;
        const { temperature } = fitTemperature((at): NllSlope => {
          steps++;
          const { gradient, curvature } = mean(1 / at);
          return { gradient: gradient - target, curvature };
        });
        expect(steps).toBeLessThan(60);
        // Where the softmax is all on one token, float64 no longer tells temperatures apart: the slope is what must vanish.
        const { gradient, curvature } = mean(1 / temperature);
        expect(Math.abs(gradient - target)).toBeLessThanOrEqual(1e-9 * curvature * (1 / temperature) + 1e-12);
      }),
    );
  });

  it('goes to the end that the slope points to where there is no minimum inside', () => {
    // The target is the likeliest token: the colder the better; the least likely: the hotter the better.
    const slope = (target: number) => (temperature: number) => scoreToken([0, 1, 3], { target, temperature });
    expect(fitTemperature(slope(2))).toEqual({ temperature: 0.02, atEnd: 'low' });
    expect(fitTemperature(slope(0))).toEqual({ temperature: 50, atEnd: 'high' });
  });

  it('stays where it starts when every temperature is as good, and refuses NaN', () => {
    expect(fitTemperature(() => ({ gradient: 0, curvature: 0 }))).toEqual({ temperature: 1, atEnd: null });
    expect(() => fitTemperature(() => ({ gradient: Number.NaN, curvature: 1 }))).toThrow(RangeError);
  });
});

describe('temperatureInterval', () => {
  it.each(cases)('is NumPy’s jackknife by one Newton step, over %i prompts', (_, temperature, { prompts, oneStep }) => {
    const { low, high, se } = temperatureInterval(temperature, slopesAt(prompts, temperature));
    expect(Math.log(low!)).toBeCloseTo(oneStep.low, 7);
    expect(Math.log(high!)).toBeCloseTo(oneStep.high, 7);
    expect(se! / temperature).toBeCloseTo(oneStep.se, 7);
  });

  it('is close to the jackknife that fits again for every prompt', () => {
    const { prompts, temperature, refit } = cases[1]![2];
    const { se } = temperatureInterval(temperature, slopesAt(prompts, temperature));
    expect(se! / temperature / refit.se).toBeGreaterThan(0.9);
    expect(se! / temperature / refit.se).toBeLessThan(1.1);
  });

  it('is null for one prompt', () => {
    expect(temperatureInterval(1.2, [{ prompt: 3, gradient: 0, curvature: 2 }])).toEqual({ low: null, high: null, se: null });
  });
});

describe('reliability', () => {
  it.each(cases)('bins are NumPy’s over %i prompts', (_, temperature, { prompts, bins }) => {
    for (const [side, at] of [['before', 1] as const, ['after', temperature] as const]) {
      const actual = reliabilityBins(addBins(prompts.map((prompt) => sumBins(scoreAt(prompt, at)))));
      expect(actual.map(({ count }) => count)).toEqual(bins[side].map(([count]) => count));
      for (const [i, [, confidence, accuracy]] of bins[side].entries()) {
        if (confidence === null) expect(actual[i]).toMatchObject({ confidence: null, accuracy: null });
        else {
          expect(actual[i]!.confidence).toBeCloseTo(confidence, 12);
          expect(actual[i]!.accuracy).toBeCloseTo(accuracy!, 12);
        }
      }
    }
  });

  it('puts a confidence on an edge into the bin below, as Guo et al. do', () => {
    for (let bin = 0; bin < BIN_COUNT; bin++) {
      expect(binOf((bin + 1) / BIN_COUNT)).toBe(bin);
      expect(binOf((bin + 1) / BIN_COUNT - 1e-12)).toBe(bin);
      expect(binOf(bin / BIN_COUNT + 1e-12)).toBe(bin);
    }
    expect(binOf(Number.MIN_VALUE)).toBe(0);
    for (const outside of [0, -0.1, 1.0000001, Number.NaN]) expect(() => binOf(outside)).toThrow(RangeError);
  });

  it('has no error of nothing', () => {
    expect(expectedCalibrationError(sumBins([]))).toBeNull();
    expect(expectedCalibrationError(sumBins([{ confidence: 0.75, correct: true }]))).toBe(0.25);
  });
});

describe('calibrationScores', () => {
  it.each(cases)('are NumPy’s over %i prompts, with their jackknife', (_, __, one) => {
    const { measures, tokens } = calibrationScores(answersOf(one));
    expect(tokens).toBe(one.prompts.reduce((sum, { targets }) => sum + targets.length, 0));
    for (const name of MEASURES)
      for (const side of ['before', 'after', 'change'] as const) {
        const [actual, expected] = [measures[name][side], one.measures[name][side]];
        expect(actual.value, `${name} ${side}`).toBeCloseTo(expected.value, 10);
        expect(actual.se, `${name} ${side} se`).toBeCloseTo(expected.se, 7);
        expect(actual.high, `${name} ${side} high`).toBeCloseTo(expected.high, 6);
        expect(actual.low, `${name} ${side} low`).toBeCloseTo(side === 'change' ? expected.low : Math.max(0, expected.low), 6);
      }
    expect(measures.accuracy.change).toMatchObject({ value: 0, se: 0 });
  });

  it('do not depend on the order of the prompts, to the bit', () => {
    const answers = answersOf(cases[1]![2]);
    const expected = calibrationScores(answers);
    fc.assert(
      fc.property(fc.shuffledSubarray(answers, { minLength: answers.length }), (shuffled) => {
        expect(calibrationScores(shuffled)).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it('have no intervals with one prompt, and refuse nothing and halves', () => {
    const [answer] = answersOf(cases[0]![2]);
    expect(calibrationScores([answer!]).measures.ece.before).toMatchObject({ low: null, high: null, se: null });
    expect(() => calibrationScores([])).toThrow(RangeError);
    expect(() => calibrationScores([{ prompt: 0, before: answer!.before, after: [] }])).toThrow(RangeError);
  });
});
