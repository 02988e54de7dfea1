// The verb `scoreAnswers`: how well the tokens of given answers are predicted, from the hidden states before them, at any
// temperatures. The logits of a few positions exist at a time; they are never stored.
import { scoreToken, type TokenScore } from '../numerics/token-score.ts';
import type { AnswerScores, AnswersRequest } from './engine.ts';
import type { ForwardEngine, VerbControl } from './forward-engine.ts';
import { HIDDEN, LOGITS } from './graph/head.ts';

/** Rows of one product with the head's weights: more gain nothing and cost memory. They are always of one answer, so that no other changes its bits. */
const POSITIONS_AT_ONCE = 64;

export async function* scoreAnswers(
  engine: ForwardEngine,
  { temperatures, groups }: AnswersRequest,
  { progress }: VerbControl = {},
): AsyncGenerator<AnswerScores> {
  const session = await engine.session('score');
  const { hiddenSize, vocabSize } = engine;
  for (const [done, { prompt, hidden, targets }] of groups.entries()) {
    if (hidden.length !== targets.length * hiddenSize)
      throw new RangeError(`prompt ${prompt}: ${targets.length} targets, but ${hidden.length / hiddenSize} hidden states`);
    const byTemperature: TokenScore[][] = temperatures.map(() => []);
    for (let first = 0; first < targets.length; first += POSITIONS_AT_ONCE) {
      const count = Math.min(POSITIONS_AT_ONCE, targets.length - first);
      const data = hidden.slice(first * hiddenSize, (first + count) * hiddenSize);
      const outputs = await session.run({ [HIDDEN]: { data, dims: [count, hiddenSize] } });
      const logits = outputs[LOGITS]!.data as Float32Array;
      for (let i = 0; i < count; i++) {
        const row = logits.subarray(i * vocabSize, (i + 1) * vocabSize);
        for (const [t, temperature] of temperatures.entries())
          byTemperature[t]!.push(scoreToken(row, { target: targets[first + i]!, temperature }));
      }
    }
    progress?.(`${done + 1} of ${groups.length} answers`);
    yield { prompt, byTemperature };
  }
}
