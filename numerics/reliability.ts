// Does a confidence of 80 % mean right in 80 % of the cases? Predictions in bins of equal width by their confidence, and the expected
// calibration error over the bins (Naeini et al. 2015; Guo et al. 2017, equation 3). Sums add up over prompts, so that prompts can be
// left out (jackknife) without another look at the tokens.

/** Guo et al. use 15. */
export const BIN_COUNT = 15;

export interface BinSum {
  readonly count: number;
  /** Sum of the confidences. */
  readonly confidence: number;
  /** How many were correct. */
  readonly correct: number;
}

export interface ReliabilityBin {
  /** The bin is (low, high]. */
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** Means; null in an empty bin. */
  readonly confidence: number | null;
  readonly accuracy: number | null;
}

/** The m of the bin (m / BIN_COUNT, (m + 1) / BIN_COUNT] that holds the confidence; outside (0, 1] a RangeError. */
export function binOf(confidence: number): number {
  if (!(confidence > 0 && confidence <= 1)) throw new RangeError(`A confidence lies in (0, 1], not at ${confidence}`);
  // The product rounds: which side of an edge it is on is asked of the edges themselves.
  const near = Math.min(BIN_COUNT - 1, Math.floor(confidence * BIN_COUNT));
  if (confidence <= near / BIN_COUNT) return near - 1;
  return confidence > (near + 1) / BIN_COUNT ? near + 1 : near;
}

/** Sums of predictions per bin, in the order in which they come; none of them: empty bins. */
export function sumBins(predictions: readonly { readonly confidence: number; readonly correct: boolean }[]): BinSum[] {
  const sums = Array.from({ length: BIN_COUNT }, () => ({ count: 0, confidence: 0, correct: 0 }));
  for (const { confidence, correct } of predictions) {
    const sum = sums[binOf(confidence)]!;
    sum.count += 1;
    sum.confidence += confidence;
    sum.correct += correct ? 1 : 0;
  }
  return sums;
}

/** Sums of several parts (prompts), added in their order. */
export function addBins(parts: readonly (readonly BinSum[])[]): BinSum[] {
  const total = (field: keyof BinSum, bin: number) => parts.reduce((sum, part) => sum + part[bin]![field], 0);
  return Array.from({ length: BIN_COUNT }, (_, bin) => ({
    count: total('count', bin),
    confidence: total('confidence', bin),
    correct: total('correct', bin),
  }));
}

export function reliabilityBins(sums: readonly BinSum[]): ReliabilityBin[] {
  return sums.map(({ count, confidence, correct }, bin) => ({
    low: bin / BIN_COUNT,
    high: (bin + 1) / BIN_COUNT,
    count,
    confidence: count === 0 ? null : confidence / count,
    accuracy: count === 0 ? null : correct / count,
  }));
}

/** ECE = sum over bins of (count / n) |accuracy - mean confidence|, in [0, 1]; null without predictions. */
export function expectedCalibrationError(sums: readonly BinSum[]): number | null {
  const total = sums.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return null;
  return sums.reduce((sum, { confidence, correct }) => sum + Math.abs(correct - confidence), 0) / total;
}
