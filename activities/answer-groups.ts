// Answers as the engine scores them, handed over a few at a time: hidden states cross to the session process, and a whole dataset's
// would fill its memory.
import type { NamedTensors } from '../artifacts/codecs.ts';
import type { AnswerScores, AnswersRequest, ModelSession, VerbOptions } from '../models/engine.ts';

/** 230 kB each for 100 tokens of SmolLM2. */
const ANSWERS_AT_ONCE = 16;

export type AnswerGroup = AnswersRequest['groups'][number];

/** From the artifact `answer-state`. */
export function answerGroup(prompt: number, { hidden, targets }: NamedTensors): AnswerGroup {
  return { prompt, hidden: hidden as Float32Array, targets: [...targets!] };
}

export async function* scoreGroups(
  session: ModelSession,
  { temperatures, groups }: AnswersRequest,
  options: VerbOptions,
): AsyncGenerator<AnswerScores> {
  for (let first = 0; first < groups.length; first += ANSWERS_AT_ONCE) {
    yield* session.scoreAnswers({ temperatures, groups: groups.slice(first, first + ANSWERS_AT_ONCE) }, options);
    options.progress?.(`${Math.min(groups.length, first + ANSWERS_AT_ONCE)} of ${groups.length} answers`);
  }
}
