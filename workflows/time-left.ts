// How long a running step still takes: pure, from what the run knows and what shards under way last reported. Steps that
// generate are estimated by tokens, because their units end late and together; others by units; both by what such units cost
// before, until there is something to measure.
import type { NodeProgress, ShardBeat } from './messages.ts';

/** As many units of before weigh as much as those that have ended here. */
const EARLIER_UNITS = 8;
/** Fewer units say less about the rate than what is recorded. */
const MIN_UNITS = 3;

/** Seconds; null where nothing is known yet, or nothing is left. `beats` are those of the node's shards under way. */
export function secondsLeft(node: NodeProgress, beats: readonly ShardBeat[], nowMs: number): number | null {
  if (node.state !== 'running' || node.startedAt === null) return null;
  const elapsed = (nowMs - Date.parse(node.startedAt)) / 1000;
  return byTokens(node, beats) ?? byUnits(node, beats, elapsed);
}

/** Units of finished shards come from the workflow, those of shards under way from their heartbeats. */
export function doneUnits(node: NodeProgress, beats: readonly ShardBeat[]): number {
  return Math.min(node.units, node.done + beats.reduce((total, beat) => total + beat.done, 0));
}

/** Tokens generated per second by the shards under way; null where none has generated any yet. */
export function tokensPerSecond(beats: readonly ShardBeat[]): number | null {
  const rate = generating(beats).reduce((total, { tokens: { done, seconds } }) => total + done / seconds, 0);
  return rate === 0 ? null : rate;
}

interface GeneratingShard extends ShardBeat {
  readonly tokens: NonNullable<ShardBeat['tokens']>;
}

function generating(beats: readonly ShardBeat[]): readonly GeneratingShard[] {
  return beats.filter((beat): beat is GeneratingShard => beat.tokens !== undefined && beat.tokens.done > 0 && beat.tokens.seconds > 0);
}

/**
 * A unit ends at each token with the same probability, or at its limit: with e ends seen in k tokens that is e / k, units that
 * have not ended counted with the tokens that they have (the estimate of an exponential from censored data). A unit that may
 * have c more tokens then has (1 - exp(-c e / k)) k / e more on average; c while no end was seen here or before.
 */
function byTokens(node: NodeProgress, beats: readonly ShardBeat[]): number | null {
  const active = generating(beats);
  const rate = tokensPerSecond(beats);
  if (rate === null) return null;
  const sum = (of: (tokens: GeneratingShard['tokens']) => number): number => active.reduce((total, { tokens }) => total + of(tokens), 0);
  const earlier = node.unitCost?.tokens ?? null;
  const ends = sum(({ ended }) => ended) + Math.max(0, node.done - node.hits) + (earlier === null ? 0 : EARLIER_UNITS);
  const tokens = sum(({ done }) => done) + (node.tokens ?? 0) + (earlier ?? 0) * EARLIER_UNITS;
  const more = (limit: number): number => (ends === 0 ? limit : (1 - Math.exp((-limit * ends) / tokens)) * (tokens / ends));
  const [open, left] = [sum((of) => of.open), sum((of) => of.left)];
  const most = Math.max(...active.map(({ tokens: of }) => of.most));
  const waiting = Math.max(0, node.units - node.done - active.reduce((units, { total }) => units + total, 0));
  return ((open === 0 ? 0 : open * more(left / open)) + waiting * more(most)) / rate;
}

function byUnits(node: NodeProgress, beats: readonly ShardBeat[], elapsed: number): number | null {
  const done = doneUnits(node, beats);
  const computed = done - node.hits;
  const left = node.units - done;
  if (computed >= MIN_UNITS || (computed > 0 && node.unitCost === undefined)) return elapsed > 0 ? (left * elapsed) / computed : null;
  if (node.unitCost === undefined) return null;
  const atOnce = Math.max(1, beats.length);
  return Math.max(0, ((node.units - node.hits) * node.unitCost.seconds) / atOnce - elapsed);
}
