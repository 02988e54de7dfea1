// Continuations by an exported graph: one sequence at a time, token by token, its keys and values fed back as they came out
// (they cross into JavaScript at every token, so a graph that is built here is far faster). A prompt is read once for all of its
// temperatures. The uniform behind a token is the same as elsewhere: a function of seed, prompt, replicate and step.
import type { ValueInfoProto } from '../../formats/onnx-proto.ts';
import { sampleStream, uniformAt } from '../../numerics/coordinates.ts';
import { sampleToken } from '../../numerics/sample-token.ts';
import type { GeneratedTokens, GenerateRequest, Generation } from '../engine.ts';
import { checkRequest, type GenerateOptions } from '../generate.ts';
import { LOGITS } from '../graph/head.ts';
import { byPrompt } from '../prompt-groups.ts';
import type { Feeds, GraphSession } from '../runtime/session.ts';
import type { ExportFacts } from './export-facts.ts';
import { exportFeeds, type FedTokens, isPast } from './export-feeds.ts';

export interface GeneratingExport {
  /** How errors name it. */
  readonly where: string;
  readonly facts: ExportFacts;
  readonly vocabSize: number;
  readonly inputs: readonly ValueInfoProto[];
  /** Gives the logits of all positions, and the present keys and values. */
  readonly session: GraphSession;
}

/** `past_key_values.0.key` -> `present.0.key`, as both exporters name them. */
export function presentOf(past: string): string {
  return past.replace(/^past(?:_key_values)?/, 'present');
}

/** Tokens between two notes of progress. */
const NOTE_TOKENS = 16;

export async function* generateByExport(
  engine: GeneratingExport,
  request: GenerateRequest,
  { progress, shouldStop, suppressIds = [] }: GenerateOptions = {},
): AsyncGenerator<Generation> {
  checkRequest({ maxPositions: engine.facts.maxPositions, vocabSize: engine.vocabSize }, request);
  const { seed, replicate, maxNewTokens, eosIds } = request;
  const without = new Set(suppressIds);
  let read: { readonly ids: readonly number[]; readonly state: DecodeState } | undefined;
  let tokens = 0;
  const counted = (ended: number, ofNext: number): GeneratedTokens => {
    const open = request.sequences.length - ended;
    return { done: tokens, ended, open, left: open * maxNewTokens - ofNext, most: maxNewTokens };
  };
  for (const [done, { prompt, ids: promptIds, temperature }] of byPrompt(request.sequences, ({ ids }) => ids).entries()) {
    if (read?.ids.join() !== promptIds.join()) read = { ids: promptIds, state: await step(engine, { ids: promptIds, pastLength: 0 }) };
    let { state } = read;
    const stream = sampleStream({ seed, prompt, replicate });
    const ids: number[] = [];
    for (;;) {
      if (shouldStop?.() === true) return;
      ids.push(sampleToken(state.logits, { temperature, uniform: uniformAt(stream, ids.length), without }));
      if (++tokens % NOTE_TOKENS === 0)
        progress?.(`${done} of ${request.sequences.length} sequences, ${ids.length} tokens of the next`, counted(done, ids.length));
      if (eosIds.includes(ids.at(-1)!) || ids.length === maxNewTokens) break;
      state = await next(engine, state, [...promptIds, ...ids]);
    }
    progress?.(`${done + 1} of ${request.sequences.length} sequences`, counted(done + 1, 0));
    yield { prompt, temperature, ids, finish: eosIds.includes(ids.at(-1)!) ? 'eos' : 'length' };
  }
}

interface DecodeState {
  /** [V], of the last position. */
  readonly logits: Float32Array;
  /** Keys and values by the names under which they go in; none where the export keeps none. */
  readonly past: Feeds;
}

/** The last token of `ids`, where there is a past; else all of them again. */
function next(engine: GeneratingExport, { past }: DecodeState, ids: readonly number[]): Promise<DecodeState> {
  if (Object.keys(past).length === 0) return step(engine, { ids, pastLength: 0 });
  return step(engine, { ids: ids.slice(-1), pastLength: ids.length - 1, past });
}

async function step({ where, facts, vocabSize, inputs, session }: GeneratingExport, tokens: FedTokens): Promise<DecodeState> {
  const outputs = await session.run(exportFeeds(inputs, facts, tokens, where));
  const logits = outputs[LOGITS]!.data as Float32Array;
  const pasts = inputs.flatMap(({ name }) => (isPast(name!) ? [name!] : []));
  return {
    logits: logits.subarray(logits.length - vocabSize),
    past: Object.fromEntries(pasts.map((name) => [name, outputs[presentOf(name)]!])),
  };
}
