// Which of the decode loop's keys a sliding window hides from a step's query: those `window` and more positions back. Positions
// of tail and earlier blocks count from the step, the same for all sequences; those of a prompt are its own.
import type { GraphBuilder, Value } from './graph-builder.ts';

/** Added to the score of a hidden key; its weight becomes zero. */
const HIDDEN_SCORE = -1e30;

export interface WindowInputs {
  readonly window: number;
  /** int64 scalar: steps of this block so far. */
  readonly step: Value;
  /** int64 [B, 1]: the query's position. */
  readonly positions: Value;
  /** int64 [1] each */
  readonly earlierLength: Value;
  readonly promptLength: Value;
}

/** float32 [B, 1, 1, 1, keys]: 0 or far below, in the order of the scores: tail, earlier, prompt. */
export function windowMask(g: GraphBuilder, inputs: WindowInputs): Value {
  return g.once(`window ${inputs.window}`, () => {
    const isNear = g.node('Less', [distances(g, inputs), g.ints(inputs.window)]);
    const rows = g.node('Where', [isNear, g.floats(0), g.floats(HIDDEN_SCORE)]);
    return g.node('Unsqueeze', [rows, g.ints([1, 2, 3])]);
  });
}

/** int64 [B, keys]: how far behind the query each key lies. */
function distances(g: GraphBuilder, { step, positions, earlierLength, promptLength }: WindowInputs): Value {
  const upTo = (length: Value) => g.node('Range', [g.ints(0), length, g.ints(1)]);
  const [earlier, prompt] = [g.node('Squeeze', [earlierLength]), g.node('Squeeze', [promptLength])];
  const tailBehind = g.node('Sub', [step, upTo(g.node('Add', [step, g.ints(1)]))]);
  const earlierBehind = g.node('Sub', [g.node('Add', [step, earlier]), upTo(earlier)]);
  const own = g.node('Concat', [tailBehind, earlierBehind], { axis: 0 });
  const perRow = g.node('Add', [own, g.node('Mul', [positions, g.ints(0)])]);
  return g.node('Concat', [perRow, g.node('Sub', [positions, upTo(prompt)])], { axis: 1 });
}
