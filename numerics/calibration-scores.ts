// How well a model's probabilities of answer tokens are calibrated, before and after a temperature: NLL, ECE, Brier score and
// accuracy over all tokens, each with a jackknife over prompts (the tokens of one answer are not independent), and what changes.
import type { Interval } from './intervals.ts';
import { jackknifeOverPrompts } from './jackknife.ts';
import { addBins, type BinSum, expectedCalibrationError, sumBins } from './reliability.ts';
import type { TokenScore } from './token-score.ts';

export type ScoredToken = Pick<TokenScore, 'nll' | 'confidence' | 'correct' | 'brier'>;

export interface ScoredAnswer {
  readonly prompt: number;
  /** Token for token at T = 1 and at the fitted temperature. */
  readonly before: readonly ScoredToken[];
  readonly after: readonly ScoredToken[];
}

export interface Estimate extends Interval {
  readonly value: number;
}

export const MEASURES = ['nll', 'ece', 'brier', 'accuracy'] as const;
export type Measure = (typeof MEASURES)[number];

export interface MeasureChange {
  readonly before: Estimate;
  readonly after: Estimate;
  /** after - before, paired by prompt. */
  readonly change: Estimate;
}

export interface CalibrationScores {
  readonly prompts: number;
  readonly tokens: number;
  readonly measures: Readonly<Record<Measure, MeasureChange>>;
  readonly bins: { readonly before: readonly BinSum[]; readonly after: readonly BinSum[] };
}

/**
 * Means over tokens (nll in nats), ECE over the bins of all tokens. Prompts are taken in the order of their numbers, so the bits do not
 * depend on the order in which they come. low, high of what cannot lie below 0 are clamped there; one prompt gives no intervals.
 * No tokens, and answers whose two sides differ in length, throw a RangeError.
 */
export function calibrationScores(answers: readonly ScoredAnswer[]): CalibrationScores {
  const sums = [...answers].sort((a, b) => a.prompt - b.prompt).map(sumAnswer);
  const tokens = sums.reduce((sum, answer) => sum + answer.before.tokens, 0);
  if (tokens === 0) throw new RangeError('Calibration is measured on tokens: there are none');
  const bins = (side: Side) => addBins(sums.map((answer) => answer[side].bins));
  return {
    prompts: sums.length,
    tokens,
    measures: {
      nll: changeOf(sums, meanOf('nll')),
      ece: changeOf(sums, (sides) => expectedCalibrationError(addBins(sides.map((side) => side.bins)))),
      brier: changeOf(sums, meanOf('brier')),
      accuracy: changeOf(sums, meanOf('correct')),
    },
    bins: { before: bins('before'), after: bins('after') },
  };
}

type Side = 'before' | 'after';

interface SideSums {
  readonly tokens: number;
  readonly nll: number;
  readonly brier: number;
  readonly correct: number;
  readonly bins: readonly BinSum[];
}

interface AnswerSums {
  readonly prompt: number;
  readonly before: SideSums;
  readonly after: SideSums;
}

function sumAnswer({ prompt, before, after }: ScoredAnswer): AnswerSums {
  if (before.length !== after.length)
    throw new RangeError(`Prompt ${prompt} has ${before.length} tokens before and ${after.length} after: they are the same tokens`);
  return { prompt, before: sumSide(before), after: sumSide(after) };
}

function sumSide(tokens: readonly ScoredToken[]): SideSums {
  const bins = sumBins(tokens);
  return {
    tokens: tokens.length,
    nll: tokens.reduce((sum, token) => sum + token.nll, 0),
    brier: tokens.reduce((sum, token) => sum + token.brier, 0),
    correct: bins.reduce((sum, bin) => sum + bin.correct, 0),
    bins,
  };
}

type Estimator = (sides: readonly SideSums[]) => number | null;

/** A ratio of sums, every token alike. */
function meanOf(field: 'nll' | 'brier' | 'correct'): Estimator {
  return (sides) => {
    const tokens = sides.reduce((sum, side) => sum + side.tokens, 0);
    return tokens === 0 ? null : sides.reduce((sum, side) => sum + side[field], 0) / tokens;
  };
}

function changeOf(sums: readonly AnswerSums[], estimator: Estimator): MeasureChange {
  const at = (side: Side) => (rows: readonly AnswerSums[]) => estimator(rows.map((row) => row[side]));
  const change = (rows: readonly AnswerSums[]) => {
    const [before, after] = [at('before')(rows), at('after')(rows)];
    return before === null || after === null ? null : after - before;
  };
  return { before: fromZero(estimate(sums, at('before'))), after: fromZero(estimate(sums, at('after'))), change: estimate(sums, change) };
}

function estimate(sums: readonly AnswerSums[], of: (rows: readonly AnswerSums[]) => number | null): Estimate {
  return { value: of(sums)!, ...jackknifeOverPrompts(sums, of) };
}

function fromZero({ low, ...rest }: Estimate): Estimate {
  return { ...rest, low: low === null ? null : Math.max(0, low) };
}
