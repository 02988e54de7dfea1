// Rows `generate-80`, `generate-10`, `generate-1`, and tokens a second against the number of sequences. EOS is ignored, so
// that every sequence is as long as the others': the case that peers can be given as well.
import type { ModelSession } from '../models/engine.ts';
import { measureWeightStream } from './machine-rates.ts';
import { all, timed } from './measure.ts';
import type { Reference, References } from './references.ts';
import { type BenchRow, benchRow } from './rows.ts';
import { SEED, T_BASE, TEMPERATURES, type Workload } from './workload.ts';

/** Tokens of the shorter generations. */
export const SHORT_TOKENS = 128;
/** Of the bound that the memory sets, one sequence must reach this. */
const OF_MEMORY_BOUND = 0.9;

export interface BatchRate {
  readonly sequences: number;
  readonly tokens: number;
  readonly tokensPerSecond: number;
}

/** The rows, and every rate that they were made from. */
export async function generation(
  session: ModelSession,
  workload: Workload,
  references: References,
): Promise<{ readonly rows: readonly BenchRow[]; readonly rates: readonly BatchRate[] }> {
  const count = workload.prompts.length;
  // The graphs are loaded first, as they are after a worker's first batch, and as the peer's are.
  await rateOf(session, workload, { temperatures: [T_BASE], count: 1, tokens: 1 });
  const full = await rateOf(session, workload, { temperatures: TEMPERATURES, count, tokens: workload.newTokens });
  const ten = await rateOf(session, workload, { temperatures: [T_BASE], count, tokens: SHORT_TOKENS });
  const one = await rateOf(session, workload, { temperatures: [T_BASE], count: 1, tokens: SHORT_TOKENS });
  const others: BatchRate[] = [];
  for (const temperatures of [TEMPERATURES.slice(0, 2), TEMPERATURES.slice(0, 4), TEMPERATURES])
    others.push(await rateOf(session, workload, { temperatures, count, tokens: SHORT_TOKENS }));
  const rows = [
    rateRow('generate-80', full, references.openvino80, 1.25),
    rateRow('generate-10', ten, references.openvino10, 1.25),
    rateRow('generate-1', one, await boundOfOne(workload, references.openvino1), 1),
  ];
  return { rows, rates: [one, ten, ...others] };
}

interface Batch {
  readonly temperatures: readonly number[];
  readonly count: number;
  readonly tokens: number;
}

async function rateOf(
  session: ModelSession,
  { prompts, signal, say }: Workload,
  { temperatures, count, tokens }: Batch,
): Promise<BatchRate> {
  const sequences = temperatures.flatMap((temperature) => prompts.slice(0, count).map((prompt) => ({ ...prompt, temperature })));
  const request = { seed: SEED, replicate: 0, maxNewTokens: tokens, eosIds: [], sequences };
  const { seconds } = await timed(() => all(session.generate(request, { signal, progress: say })));
  return { sequences: sequences.length, tokens, tokensPerSecond: (sequences.length * tokens) / seconds };
}

function rateRow(id: string, { sequences, tokens, tokensPerSecond }: BatchRate, reference: Reference, atLeast: number): BenchRow {
  const what = `generation, ${sequences} sequence${sequences === 1 ? '' : 's'} x ${tokens} tokens, EOS ignored, prefill counted`;
  return benchRow({ id, what, value: tokensPerSecond, unit: 'tokens/s', better: 'more', reference, atLeast });
}

/** One sequence reads every weight once a token: the better of the peer and what the memory allows. */
async function boundOfOne({ config }: Workload, peer: Reference): Promise<Reference> {
  const value = (OF_MEMORY_BOUND * (await measureWeightStream()) * 1e9) / weightBytes(config);
  return value > peer.value ? { value, what: `${OF_MEMORY_BOUND} x the memory's bound`, source: 'this run' } : peer;
}

/** float32 weights that a token's products read: the layers' and the head's. */
function weightBytes({
  hiddenSize: d,
  intermediateSize,
  headCount,
  keyValueHeadCount,
  headSize,
  layerCount,
  vocabSize,
}: Workload['config']): number {
  const layer = d * headSize * (2 * headCount + 2 * keyValueHeadCount) + 3 * d * intermediateSize;
  return Float32Array.BYTES_PER_ELEMENT * (layerCount * layer + vocabSize * d);
}
