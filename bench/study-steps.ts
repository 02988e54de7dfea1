// The study's three expensive steps as activities run them, through the same session process: rows `calibration-step`,
// `noise-step` and `score-step`.
import type { HiddenState, ModelSession } from '../models/engine.ts';
import { temperatureGrid } from '../numerics/temperature-grid.ts';
import { all, timed } from './measure.ts';
import type { References } from './references.ts';
import { type BenchRow, benchRow } from './rows.ts';
import { DRAWS, HEAD_SCALES, MULTIPLES, NOISE_SCALES, SEED, T_BASE, TEMPERATURES, type Workload } from './workload.ts';

/** Step 3 may cost so many times the same number of passes without noise. */
const NOISE_COST = 1.35;

/** Step 3, beside the same number of passes without noise in the same session. */
export async function noiseStep(session: ModelSession, { prompts, signal }: Workload, references: References): Promise<BenchRow> {
  const groups = prompts.flatMap((prompt) => Array.from({ length: DRAWS }, (_, draw) => ({ ...prompt, draw, scales: NOISE_SCALES })));
  const capture = (count: number) => all(session.capture({ prompts: Array(count).fill(prompts).flat() }, { signal }));
  // The graphs are loaded first, as a worker has them after its first shard.
  await capture(1);
  const clean = await timed(() => capture(1));
  const asManyClean = await timed(() => capture(1 + DRAWS * NOISE_SCALES.length));
  const inject = (some: typeof groups) => all(session.inject({ seed: SEED, noise: 'shared', groups: some }, { signal }));
  await inject(groups.slice(0, 1));
  const noisy = await timed(() => inject(groups));
  const seconds = clean.seconds + noisy.seconds;
  const cost = seconds / asManyClean.seconds;
  return benchRow({
    id: 'noise-step',
    what: `step 3: ${prompts.length} clean and ${groups.length * NOISE_SCALES.length} noisy passes (${cost.toFixed(2)} x as many clean ones)`,
    value: seconds,
    unit: 's',
    better: 'less',
    reference: references.pytorchNoise,
    atLeast: 2.6,
    also: { goal: `at most ${NOISE_COST} x as many clean passes`, met: cost <= NOISE_COST },
  });
}

/** Step 4, the hidden states given. */
export async function scoreStep(session: ModelSession, { prompts, signal }: Workload, references: References): Promise<BenchRow> {
  const hidden = await all(session.capture({ prompts }, { signal }));
  const groups = hidden.flatMap(({ prompt, positions, hiddenLast, hiddenStd }: HiddenState) =>
    Array.from({ length: DRAWS }, (_, draw) => ({ prompt, positions, hiddenLast, hiddenStd, draw, noises: HEAD_SCALES })),
  );
  const request = { seed: SEED, noise: 'shared' as const, tBase: T_BASE, temperatures: temperatureGrid(T_BASE, MULTIPLES) };
  await all(session.score({ ...request, groups: groups.slice(0, 1) }, { signal }));
  const { seconds } = await timed(() => all(session.score({ ...request, groups }, { signal })));
  return benchRow({
    id: 'score-step',
    what: `step 4: ${groups.length * HEAD_SCALES.length} scores over ${request.temperatures.length} temperatures and the continuous optimum`,
    value: seconds,
    unit: 's',
    better: 'less',
    reference: references.pytorchScore,
    atLeast: 60,
  });
}

/** Step 1 as it is: sequences stop at EOS and leave the batch. */
export async function calibrationStep(session: ModelSession, workload: Workload, references: References): Promise<BenchRow> {
  const { prompts, eosIds, newTokens, signal, say } = workload;
  const sequences = TEMPERATURES.flatMap((temperature) => prompts.map((prompt) => ({ ...prompt, temperature })));
  const request = { seed: SEED, replicate: 0, maxNewTokens: newTokens, eosIds, sequences };
  const { value, seconds } = await timed(() => all(session.generate(request, { signal, progress: say })));
  return benchRow({
    id: 'calibration-step',
    what: `step 1: ${TEMPERATURES.length} temperatures x ${prompts.length} prompts, up to ${newTokens} tokens, stopping at EOS`,
    value: value.reduce((total, { ids }) => total + ids.length, 0) / seconds,
    unit: 'tokens/s',
    better: 'more',
    reference: references.pytorchGenerate80,
    atLeast: 2.6,
  });
}
