// The step `check-setup` (EXPERIMENT.md, step 4, last paragraph): the study's printout for its first prompt and head noise 0.1,
// from the scores of that one place and the hidden state behind them.
import { z } from 'zod';
import type { NamedTensors } from '../artifacts/codecs.ts';
import type { Setup } from '../artifacts/study-record.ts';
import { defineStep } from '../pipelines/step.ts';
import { type HeadScoreArtifact, headScoreType, hiddenStateType, setupType } from './artifact-types.ts';

export const checkSetup = defineStep({
  name: 'check-setup',
  version: 1,
  summary: "The study's check: shape and spread of the first prompt's hidden state and logits",
  device: 'light',
  params: z.object({}),
  inputs: {
    hidden: { type: hiddenStateType, reads: 'all', description: 'clean hidden states' },
    scores: { type: headScoreType, reads: 'all', description: 'scores; the first place is shown' },
  },
  outputs: { check: setupType },
  axes: {},
  shardUnits: 1,
  describe: () => 'check of the set-up',
  async *run({ units }) {
    for (const unit of units) {
      const [first] = await unit.readAll<HeadScoreArtifact>('scores');
      const { prompt, draw, noise } = first!.coordinates as { prompt: number; draw: number; noise: number };
      const states = await unit.readAll<NamedTensors>('hidden');
      const state = states.find(({ coordinates }) => coordinates.prompt === prompt)!.value;
      const { cleanLogitsStd, noisyLogitsStd, differenceStd } = first!.value;
      const check: Setup = {
        prompt,
        draw,
        noise,
        shape: [state.positions![0]!, state.hidden_last!.length],
        hiddenStd: state.hidden_std![0]!,
        hiddenLastStd: state.hidden_last_std![0]!,
        cleanLogitsStd,
        noisyLogitsStd,
        differenceStd,
      };
      yield { unit, outputs: { check } };
    }
  },
});
