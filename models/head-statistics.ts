// Step 4's numbers of one draw from its logits (EXPERIMENT.md): alpha, KL and probability over a grid of temperatures, the best
// ones. Exponentials over the grid come from the tilted-sums graph (float32, blocks of 512); everything else, the sums
// over blocks and the last step of the continuous optimum are float64. numerics/ has the same in plain float64: the reference.
import { predictedTemperature } from '../numerics/alpha.ts';
import { bestTemperatureByGreatest, bestTemperatureByLeast, bestTemperatureForExpectation } from '../numerics/best-temperature.ts';
import { greatest } from '../numerics/log-sum-exp.ts';
import { varianceUnbiased } from '../numerics/moments.ts';
import type { HeadScore } from './engine.ts';
import { TILT_BETA, TILT_LOGITS, TILT_SUMS } from './graph/tilted-sums.ts';
import type { GraphSession } from './runtime/session.ts';

/** Newton steps on the graph's sums: from T* they end within 1e-6 of the root, where float64 takes over. A fixed number, so that no row waits for another. */
const GRAPH_NEWTON_STEPS = 4;

export interface HeadLogits {
  /** [V] */
  readonly clean: Float32Array;
  /** [R, V] */
  readonly noisy: Float32Array;
  readonly tBase: number;
  readonly temperatures: readonly number[];
}
export type LogitScore = Omit<HeadScore, 'prompt' | 'draw' | 'noise'>;

/** One score per noisy row; `tilt` is the session of the tilted-sums graph. */
export async function scoreLogits(tilt: GraphSession, { clean, noisy, tBase, temperatures }: HeadLogits): Promise<LogitScore[]> {
  const vocabSize = clean.length;
  const count = noisy.length / vocabSize;
  const rows = Array.from({ length: count }, (_, i) => noisy.subarray(i * vocabSize, (i + 1) * vocabSize));
  const reference = cleanDistribution(clean, tBase);
  const cleanVariance = varianceUnbiased(clean);
  const spreads = rows.map((row) => spreadOf(clean, row, cleanVariance));
  const tops = rows.map((row) => greatest(row).value);
  const expectations = rows.map((row, i) => expectationBelow(tops[i]!, reference, row));
  // Row by row: the exponentials of one grid stay in the processor's cache.
  const grid: TiltedSum[][] = [];
  for (const row of rows) grid.push((await tiltedSums(tilt, row, [temperatures.map((temperature) => 1 / temperature)]))[0]!);
  const starts = await nearRoots(tilt, {
    noisy,
    expectations,
    starts: spreads.map(({ alpha }) => predictedTemperature(tBase, alpha)),
  });
  return rows.map((row, i) => {
    const top = tops[i]!;
    // All of a row relative to its greatest logit.
    const logNormalizers = grid[i]!.map(({ weights }) => Math.log(weights));
    const klByTemperature = temperatures.map((temperature, t) =>
      Math.max(0, reference.minusEntropy - expectations[i]! / temperature + logNormalizers[t]!),
    );
    const kept = row[reference.argmax]! - top;
    const probByTemperature = temperatures.map((temperature, t) => Math.exp(kept / temperature - logNormalizers[t]!));
    const continuous = bestTemperatureForExpectation(row, expectations[i]!, { start: starts[i]!, origin: top });
    return {
      alpha: spreads[i]!.alpha,
      klByTemperature,
      probByTemperature,
      bestTKl: bestTemperatureByLeast(temperatures, klByTemperature),
      bestTKlContinuous: continuous.temperature,
      atEnd: continuous.atEnd,
      bestTProb: bestTemperatureByGreatest(temperatures, probByTemperature),
      cleanLogitsStd: Math.sqrt(cleanVariance),
      noisyLogitsStd: Math.sqrt(varianceUnbiased(row)),
      differenceStd: spreads[i]!.differenceStd,
    };
  });
}

interface CleanDistribution {
  /** softmax(clean / tBase), float64 */
  readonly probabilities: Float64Array;
  /** sum p ln p, nats */
  readonly minusEntropy: number;
  readonly argmax: number;
}

function cleanDistribution(clean: Float32Array, tBase: number): CleanDistribution {
  const { value: top, index: argmax } = greatest(clean);
  const probabilities = new Float64Array(clean.length);
  let [total, first] = [0, 0];
  for (let i = 0; i < clean.length; i++) {
    const below = (clean[i]! - top) / tBase;
    const weight = Math.exp(below);
    probabilities[i] = weight;
    total += weight;
    first += weight * below;
  }
  for (let i = 0; i < clean.length; i++) probabilities[i]! /= total;
  return { probabilities, minusEntropy: first / total - Math.log(total), argmax };
}

/** Relative to `top`: where almost all is on one token, the rest of the sum would drown in its rounding. */
function expectationBelow(top: number, { probabilities }: CleanDistribution, values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += probabilities[i]! * (values[i]! - top);
  return sum;
}

/** alpha as numerics/alpha.ts defines it, from one pass over the difference. */
function spreadOf(
  clean: Float32Array,
  noisy: Float32Array,
  cleanVariance: number,
): { readonly alpha: number; readonly differenceStd: number } {
  const difference = new Float64Array(clean.length);
  for (let i = 0; i < clean.length; i++) difference[i] = noisy[i]! - clean[i]!;
  const variance = varianceUnbiased(difference);
  return { alpha: cleanVariance === 0 ? 0 : variance / cleanVariance, differenceStd: Math.sqrt(variance) };
}

interface TiltedSum {
  readonly weights: number;
  readonly first: number;
  readonly second: number;
}

/** Per row and beta the sums of w, w x, w x^2, x relative to the row's greatest logit. */
async function tiltedSums(tilt: GraphSession, noisy: Float32Array, betas: readonly (readonly number[])[]): Promise<TiltedSum[][]> {
  const [count, width] = [betas.length, betas[0]!.length];
  const outputs = await tilt.run({
    [TILT_LOGITS]: { data: noisy, dims: [count, noisy.length / count] },
    [TILT_BETA]: { data: Float32Array.from(betas.flat()), dims: [count, width, 1] },
  });
  const sums = outputs[TILT_SUMS]!.data as Float64Array;
  const at = (row: number, i: number): TiltedSum => {
    const place = row * 3 * width + i;
    return { weights: sums[place]!, first: sums[place + width]!, second: sums[place + 2 * width]! };
  };
  return betas.map((row, r) => row.map((_, i) => at(r, i)));
}

interface RootSearch {
  readonly noisy: Float32Array;
  /** Relative to each row's greatest logit. */
  readonly expectations: readonly number[];
  readonly starts: readonly number[];
}

/** Temperatures close to each row's root in beta of E_softmax(beta x)[x] = expectation: Newton in log beta, steps bounded. */
async function nearRoots(tilt: GraphSession, { noisy, expectations, starts }: RootSearch): Promise<number[]> {
  let betas = starts.map((start) => 1 / start);
  for (let step = 0; step < GRAPH_NEWTON_STEPS; step++) {
    const sums = await tiltedSums(
      tilt,
      noisy,
      betas.map((beta) => [beta]),
    );
    betas = betas.map((beta, i) => nextBeta(Math.fround(beta), sums[i]![0]!, expectations[i]!));
  }
  return betas.map((beta) => 1 / beta);
}

/** At most a factor 2 a step, inside [1/50, 50]: a row without a root inside goes to an end, which float64 then judges. */
function nextBeta(beta: number, { weights, first, second }: TiltedSum, target: number): number {
  const mean = first / weights;
  const variance = second / weights - mean * mean;
  const step = (target - mean) / (variance * beta);
  if (!Number.isFinite(step)) return beta;
  return Math.min(50, Math.max(1 / 50, beta * Math.exp(Math.min(Math.LN2, Math.max(-Math.LN2, step)))));
}
