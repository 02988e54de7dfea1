// The forward verbs against PyTorch: hidden state and logits at the last position, clean and with deterministic noise at
// every Linear, and what head noise does to the best temperature.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { capture } from '../../models/capture.ts';
import type { ModelFiles } from '../../models/engine.ts';
import { type ForwardEngine, openForwardEngine } from '../../models/forward-engine.ts';
import { HIDDEN, LOGITS } from '../../models/graph/head.ts';
import { inject } from '../../models/inject.ts';
import { score } from '../../models/score.ts';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import {
  all,
  greatestDifference,
  hasSmollm2,
  modelFiles,
  type Reference,
  sineFields,
  smollm2Folder,
  smollm2Reference,
  TINY_MODELS,
  tinyFiles,
  tinyReference,
} from './reference-model.ts';

/** Float32 engines differ by less than this on these models (the references' own README). */
const FLOAT32_TOLERANCE = 1e-3;
const SCORE_TOLERANCE = 1e-4;

describe.skipIf(!hasMirror)(`forward verbs (${hasMirror ? 'references from PyTorch' : NO_MIRROR})`, () => {
  describe.each(TINY_MODELS)('%s', (name) => suite(() => [tinyFiles(name), tinyReference(name)]));
});

describe.skipIf(!hasSmollm2)(
  `forward verbs on SmolLM2-135M-Instruct${hasSmollm2 ? '' : ' (TSTAR_TEST_SMOLLM2 names no converted model)'}`,
  () => {
    suite(() => [modelFiles(smollm2Folder), smollm2Reference()]);
  },
);

function suite(load: () => [ModelFiles, Reference]): void {
  let engine: ForwardEngine;
  let reference: Reference;
  beforeAll(async () => {
    const [files, loaded] = load();
    reference = loaded;
    engine = await openForwardEngine(files, { precision: 'float32', device: 'cpu' });
  });
  afterAll(() => engine?.close());

  const logitsOf = async (hidden: Float32Array): Promise<ArrayLike<number>> => {
    const session = await engine.session('score');
    return (await session.run({ [HIDDEN]: { data: hidden, dims: [1, hidden.length] } }))[LOGITS]!.data as Float32Array;
  };

  test('capture gives the hidden state and its spread, the head the logits', async () => {
    const states = await all(capture(engine, { prompts: reference.prompts.map(({ ids }, prompt) => ({ prompt, ids })) }));
    for (const [i, { ids, hiddenLast, hiddenStd, logitsLast }] of reference.prompts.entries()) {
      const state = states[i]!;
      expect(state.positions).toBe(ids.length);
      expect(greatestDifference(state.hiddenLast, hiddenLast)).toBeLessThan(FLOAT32_TOLERANCE);
      expect(Math.abs(state.hiddenStd - hiddenStd)).toBeLessThan(1e-5);
      expect(greatestDifference(await logitsOf(state.hiddenLast), logitsLast)).toBeLessThan(FLOAT32_TOLERANCE);
    }
  });

  test('inject gives the hidden state under noise at every Linear', async () => {
    const groups = reference.prompts.map(({ ids, everyLinear }, prompt) => ({ prompt, ids, draw: 0, scales: [everyLinear.scale] }));
    const states = await all(inject(engine, { seed: 0, noise: 'shared', groups }, { noise: sineFields() }));
    for (const [i, { everyLinear }] of reference.prompts.entries()) {
      expect(greatestDifference(states[i]!.hiddenLast, everyLinear.hiddenLast)).toBeLessThan(FLOAT32_TOLERANCE);
      expect(greatestDifference(await logitsOf(states[i]!.hiddenLast), everyLinear.logitsLast)).toBeLessThan(FLOAT32_TOLERANCE);
    }
  });

  test('score gives alpha, KL, probability and the best temperatures from the reference’s hidden state', async () => {
    const { tBase, temperatures } = reference;
    const groups = reference.prompts.map(({ ids, hiddenLast, hiddenStd, head }, prompt) => ({
      prompt,
      positions: ids.length,
      hiddenLast: Float32Array.from(hiddenLast),
      hiddenStd,
      draw: 0,
      noises: [head.scale],
    }));
    const scores = await all(
      score(engine, { seed: 0, noise: 'shared', tBase, temperatures, groups }, { noise: sineFields({ site: 0, last: true }) }),
    );
    for (const [i, { head }] of reference.prompts.entries()) {
      const found = scores[i]!;
      expect(Math.abs(found.alpha - head.alpha)).toBeLessThan(SCORE_TOLERANCE);
      expect(greatestDifference(found.klByTemperature, head.kl)).toBeLessThan(SCORE_TOLERANCE);
      expect(greatestDifference(found.probByTemperature, head.prob)).toBeLessThan(SCORE_TOLERANCE);
      expect(found.bestTKl).toBe(head.bestTKl);
      expect(Math.abs(found.bestTKlContinuous - head.bestTKlContinuous)).toBeLessThan(SCORE_TOLERANCE);
      expect(found.atEnd).toBeNull();
    }
  });
}
