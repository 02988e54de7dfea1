// The choice of a token inside a graph: softmax and the inverse of its distribution function at a given uniform, or the
// greatest logit. In: logits over T [B, 1, V]; out: ids [B, 1]. No top-k, no top-p. A row's choice reads that row alone.
// One cumulative sum over a whole vocabulary is slow, so there are two levels: over the sums of blocks, then inside the block hit.
import { DATA_TYPES } from '../../formats/onnx-proto.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';

/** A factor just below one: a product with it is strictly smaller than the number, so a search for it ends inside the table. */
const JUST_BELOW_ONE = 1 - 2 ** -23;
/** Blocks near the square root of the vocabulary make both levels short. */
const BLOCK_WIDTH = 256;
/** Far below any logit, and finite: its probability is zero, and no NaN can come of it. */
const NEVER = -1e30;

export interface SamplerInputs {
  /** float32 [B, 1, V], divided by T already (whoever makes them divides the narrow hidden state instead); any T where greedy. */
  readonly logits: Value;
  /** float32 [B, 1], in (0, 1). */
  readonly uniform: Value;
  /** bool [B, 1]: take the greatest logit (the first of equals). */
  readonly greedy: Value;
  /** bool scalar: whether any row is greedy; saves the search for the greatest where none is. */
  readonly anyGreedy: Value;
}

/** int64 [B, 1]: the ids chosen. */
export function sampleTokens(body: GraphBuilder, inputs: SamplerInputs, vocabSize: number): Value {
  const { logits, uniform, greedy, anyGreedy } = inputs;
  const drawn = drawByInverse(body, toBlocks(body, body.node('Softmax', [logits], { axis: 2 }), vocabSize, 0), uniform);
  return body.node('If', [anyGreedy], {
    then_branch: branch(body, 'with_greedy', (g) => g.node('Where', [greedy, greatest(g, toBlocks(g, logits, vocabSize, NEVER)), drawn])),
    else_branch: branch(body, 'all_drawn', (g) => g.node('Identity', [drawn])),
  });
}

/** logits [B, 1, V] with the logits of some ids out of reach. */
export function suppressIds(body: GraphBuilder, logits: Value, ids: readonly number[], vocabSize: number): Value {
  const mask = new Float32Array(vocabSize);
  for (const id of ids) mask[id] = NEVER;
  return body.node('Add', [logits, body.constant('float32', [vocabSize], mask)]);
}

/** [B, 1, V] -> [B, blocks, width]; a vocabulary that does not divide is filled up. */
function toBlocks(body: GraphBuilder, rows: Value, vocabSize: number, fill: number): Value {
  const rest = (BLOCK_WIDTH - (vocabSize % BLOCK_WIDTH)) % BLOCK_WIDTH;
  const full = rest === 0 ? rows : body.node('Pad', [rows, body.ints([0, 0, 0, 0, 0, rest]), body.floats(fill)]);
  return body.node('Reshape', [full, body.ints([-1, (vocabSize + rest) / BLOCK_WIDTH, BLOCK_WIDTH])]);
}

function drawByInverse(body: GraphBuilder, probabilities: Value, uniform: Value): Value {
  const sums = body.node('ReduceSum', [probabilities, body.ints([2])], { keepdims: 0 });
  const upToBlock = body.node('CumSum', [sums, body.ints(1)]);
  const total = lastColumn(body, upToBlock);
  const target = body.node('Min', [body.node('Mul', [uniform, total]), body.node('Mul', [total, body.floats(JUST_BELOW_ONE)])]);
  const block = countNotAbove(body, upToBlock, target);
  const before = body.node('Sub', [elementAt(body, upToBlock, block), elementAt(body, sums, block)]);
  const inside = body.node('CumSum', [blockAt(body, probabilities, block), body.ints(1)]);
  // The two levels round differently: what is left of the target is kept inside the block's own total.
  const left = body.node('Max', [body.node('Sub', [target, before]), body.floats(0)]);
  const bounded = body.node('Min', [left, body.node('Mul', [lastColumn(body, inside), body.floats(JUST_BELOW_ONE)])]);
  return idOf(body, block, countNotAbove(body, inside, bounded));
}

function greatest(body: GraphBuilder, logits: Value): Value {
  const perBlock = body.node('ReduceMax', [logits, body.ints([2])], { keepdims: 0 });
  const block = body.node('ArgMax', [perBlock], { axis: 1 });
  return idOf(body, block, body.node('ArgMax', [blockAt(body, logits, block)], { axis: 1 }));
}

/** How many entries of each row of [B, n] lie at or below [B, 1]: the place of the first one above, where rows rise. */
function countNotAbove(body: GraphBuilder, rows: Value, bound: Value): Value {
  const below = body.node('Cast', [body.node('LessOrEqual', [rows, bound])], { to: DATA_TYPES.int64 });
  return body.node('ReduceSum', [below, body.ints([1])], { keepdims: 1 });
}

function lastColumn(body: GraphBuilder, rows: Value): Value {
  return body.node('Slice', [rows, body.ints([-1]), body.ints([2 ** 31 - 1]), body.ints([1])]);
}

function elementAt(body: GraphBuilder, rows: Value, column: Value): Value {
  return body.node('GatherElements', [rows, column], { axis: 1 });
}

/** [B, blocks, width] and [B, 1] -> [B, width] */
function blockAt(body: GraphBuilder, blocks: Value, block: Value): Value {
  return body.node('GatherND', [blocks, block], { batch_dims: 1 });
}

function idOf(body: GraphBuilder, block: Value, place: Value): Value {
  return body.node('Add', [body.node('Mul', [block, body.ints(BLOCK_WIDTH)]), place]);
}

function branch(body: GraphBuilder, name: string, make: (g: GraphBuilder) => Value): GraphBuilder {
  const g = body.subgraph(name);
  g.output(make(g), 'int64', ['batch', 1]);
  return g;
}
