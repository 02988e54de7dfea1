// The verb `compareLogits`: what separates the logits of some hidden states from those of a clean one: alpha, max, rms. The
// rows share products with the head's weights; what a row yields does not depend on the others.
import { type LogitDifference, logitDifference } from '../numerics/logit-difference.ts';
import type { CompareRequest, LogitComparison } from './engine.ts';
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
