// Answers scored from stored hidden states: against PyTorch's logits, and to the bit whatever is scored beside them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { capture } from '../../models/capture.ts';
import type { AnswersRequest } from '../../models/engine.ts';
import { type ForwardEngine, openForwardEngine } from '../../models/forward-engine.ts';
import { scoreAnswers } from '../../models/score-answers.ts';
import { scoreToken } from '../../numerics/token-score.ts';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import { all, tinyFiles, tinyReference } from './reference-model.ts';

describe.skipIf(!hasMirror)(`answers scored from hidden states${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  describe.each(['tiny-llama', 'tiny-qwen2-bf16'])('%s', (name) => {
    let engine: ForwardEngine;
    let groups: AnswersRequest['groups'];
    const { prompts } = tinyReference(name);

    /** The second half of each prompt as its answer, and after the whole prompt a token of our choice. */
    beforeAll(async () => {
      engine = await openForwardEngine(tinyFiles(name), { precision: 'float32', device: 'cpu' });
      const requested = prompts.map(({ ids }, prompt) => ({ prompt, ids, keepFrom: Math.floor(ids.length / 2) }));
      const states = await all(capture(engine, { prompts: requested }));
      groups = states.map(({ prompt, hidden }, i) => ({
        prompt,
        hidden: hidden!,
        targets: [...requested[i]!.ids.slice(requested[i]!.keepFrom + 1), 7],
      }));
    });
    afterAll(() => engine?.close());

    test('the kept positions end with the last', async () => {
      const [state] = await all(capture(engine, { prompts: [{ prompt: 0, ids: prompts[0]!.ids, keepFrom: 3 }] }));
      expect(state!.hidden).toHaveLength((prompts[0]!.ids.length - 3) * engine.hiddenSize);
      expect(state!.hidden!.slice(-engine.hiddenSize)).toEqual(state!.hiddenLast);
    });

    test('the last token’s score is that of PyTorch’s logits', async () => {
      const scores = await all(scoreAnswers(engine, { temperatures: [1, 0.7], groups }));
      for (const [i, { byTemperature }] of scores.entries())
        for (const [t, temperature] of [1, 0.7].entries()) {
          const expected = scoreToken(prompts[i]!.logitsLast, { target: 7, temperature });
          const actual = byTemperature[t]!.at(-1)!;
          for (const field of ['nll', 'confidence', 'brier', 'gradient', 'curvature'] as const)
            expect(Math.abs(actual[field] - expected[field]), field).toBeLessThan(1e-3);
          expect(actual.correct).toBe(expected.correct);
        }
    });

    test('an answer alone or among others, in any order, at any temperatures: the same bits', async () => {
      const together = await all(scoreAnswers(engine, { temperatures: [1, 0.7], groups }));
      const reversed = await all(scoreAnswers(engine, { temperatures: [0.7], groups: [...groups].reverse() }));
      expect(reversed.reverse().map(({ byTemperature }) => byTemperature[0])).toEqual(
        together.map(({ byTemperature }) => byTemperature[1]),
      );
      for (const [i, group] of groups.entries())
        expect(await all(scoreAnswers(engine, { temperatures: [1, 0.7], groups: [group] }))).toEqual([together[i]]);
    });

    test('targets that do not fit the hidden states are refused', async () => {
      const [group] = groups;
      const request = { temperatures: [1], groups: [{ ...group!, targets: group!.targets.slice(1) }] };
      await expect(all(scoreAnswers(engine, request))).rejects.toThrow(/targets, but \d+ hidden states/);
    });
  });
});
