// Each family and kind of rotary scaling against transformers (golden/make-families.py): every hidden state, logits, noise at
// every Linear, and greedy tokens beyond the sliding window and beyond the length at which scaling sets in.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { capture } from '../../models/capture.ts';
import { type ForwardEngine, openForwardEngine } from '../../models/forward-engine.ts';
import { HIDDEN, LOGITS } from '../../models/graph/head.ts';
import { inject } from '../../models/inject.ts';
import { readJson } from '../mirror.ts';
import { all, greatestDifference, modelFiles, sineFields } from './reference-model.ts';

/** Of float32 engines on these models; values are of the order of 1. */
const TOLERANCE = 1e-5;

interface Expected {
  readonly scale: number;
  readonly prompts: readonly {
    readonly ids: readonly number[];
    readonly hidden: readonly (readonly number[])[];
    readonly logitsLast: readonly number[];
    readonly everyLinear: { readonly hiddenLast: readonly number[]; readonly logitsLast: readonly number[] };
    readonly greedy: readonly number[];
  }[];
}

const golden = join(import.meta.dirname, 'golden/families');

describe.each(readdirSync(golden))('%s', (name) => {
  const files = modelFiles(join(golden, name));
  const { scale, prompts } = readJson<Expected>(join(golden, name, 'expected.json'));
  let engine: ForwardEngine;
  beforeAll(async () => {
    engine = await openForwardEngine(files, { precision: 'float32', device: 'cpu' });
  });
  afterAll(() => engine?.close());

  const logitsOf = async (hidden: Float32Array) => {
    const session = await engine.session('score');
    return (await session.run({ [HIDDEN]: { data: hidden, dims: [1, hidden.length] } }))[LOGITS]!.data as Float32Array;
  };

  it('gives every hidden state and the logits', async () => {
    const states = await all(capture(engine, { prompts: prompts.map(({ ids }, prompt) => ({ prompt, ids, keepFrom: 0 })) }));
    for (const [i, { hidden, logitsLast }] of prompts.entries()) {
      expect(greatestDifference(states[i]!.hidden!, hidden.flat())).toBeLessThan(TOLERANCE);
      expect(greatestDifference(await logitsOf(states[i]!.hiddenLast), logitsLast)).toBeLessThan(TOLERANCE);
    }
  });

  it('takes noise at every Linear', async () => {
    const groups = prompts.map(({ ids }, prompt) => ({ prompt, ids, draw: 0, scales: [scale] }));
    const states = await all(inject(engine, { seed: 0, noise: 'shared', groups }, { noise: sineFields() }));
    for (const [i, { everyLinear }] of prompts.entries()) {
      expect(greatestDifference(states[i]!.hiddenLast, everyLinear.hiddenLast)).toBeLessThan(TOLERANCE);
      expect(greatestDifference(await logitsOf(states[i]!.hiddenLast), everyLinear.logitsLast)).toBeLessThan(TOLERANCE);
    }
  });

  it.each([1, 3])('continues greedily, %i sequences at once', async (batchSize) => {
    const sequences = prompts.map(({ ids }, prompt) => ({ prompt, ids, temperature: 0 }));
    const found = await all(engine.generate({ seed: 0, replicate: 0, eosIds: [], maxNewTokens: 24, sequences }, { batchSize }));
    const byPrompt = found.toSorted((a, b) => a.prompt - b.prompt);
    expect(byPrompt.map(({ ids }) => ids)).toEqual(prompts.map(({ greedy }) => greedy));
  });
});
