// The verb `compareLogits`: what separates the logits of some hidden states from those of a clean one: alpha, max, rms. The
// rows share products with the head's weights; what a row yields does not depend on the others.
import { alphaOf } from '../numerics/alpha.ts';
import type { CompareRequest, LogitComparison, LogitDifference } from './engine.ts';
import type { ForwardEngine, VerbControl } from './forward-engine.ts';
import { headLogits } from './score.ts';

/** Rows of logits at once: more gain nothing and cost memory. */
const ROWS_AT_ONCE = 40;

export async function* compareLogits(
  engine: ForwardEngine,
  { groups }: CompareRequest,
  { progress }: VerbControl = {},
): AsyncGenerator<LogitComparison> {
  const session = await engine.session('score');
  for (const [done, { id, clean, others }] of groups.entries()) {
    const [cleanLogits] = await headLogits(session, [clean], engine);
    const differences: LogitDifference[] = [];
    for (let first = 0; first < others.length; first += ROWS_AT_ONCE) {
      const logits = await headLogits(session, others.slice(first, first + ROWS_AT_ONCE), engine);
      differences.push(...logits.map((row) => logitDifference(cleanLogits!, row)));
    }
    progress?.(`${done + 1} of ${groups.length} comparisons`);
    yield { id, differences };
  }
}

/** alpha = var(other - clean) / var(clean), max |other - clean|, sqrt(mean (other - clean)^2), over [V] in float64. */
export function logitDifference(clean: Float32Array, other: Float32Array): LogitDifference {
  let [max, squares] = [0, 0];
  for (let i = 0; i < clean.length; i++) {
    const difference = Math.abs(other[i]! - clean[i]!);
    max = Math.max(max, difference);
    squares += difference * difference;
  }
  return { alpha: alphaOf(clean, other), max, rms: Math.sqrt(squares / clean.length) };
}
