// The study's steps 3 and 4 on the real model and the real questions, against the tables that PyTorch made with another
// generator: two independent means agree when they differ by less than 4 sqrt(2) sd / sqrt(30) (EXPERIMENT.md); where the sd
// is 0, at most 2 of the 30 draws differ. And the greedy tokens of the reference's three prompts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fitRows } from '../../activities/fit-t-star.ts';
import { summarizeDraws } from '../../activities/summarize-noise.ts';
import type { EffectiveNoiseRow, TStarRow } from '../../artifacts/study-record.ts';
import { promptMessages } from '../../datasets/prompts.ts';
import { readQuestionFiles } from '../../datasets/question-file.ts';
import { capture } from '../../models/capture.ts';
import { readEosIds } from '../../models/eos-ids.ts';
import { type ForwardEngine, openForwardEngine } from '../../models/forward-engine.ts';
import { inject } from '../../models/inject.ts';
import { renderPrompt } from '../../models/render-prompt.ts';
import { score } from '../../models/score.ts';
import { openTokenizer } from '../../models/tokenizer.ts';
import { effectiveNoise } from '../../numerics/effective-noise.ts';
import { hasMirror, inFixtures, inMirror, NO_MIRROR, readJson } from '../mirror.ts';
import { all, hasSmollm2, modelFiles, smollm2Folder } from './reference-model.ts';

interface Reference {
  readonly temperatures: readonly number[];
  readonly prompts: readonly { readonly index: number; readonly inputIds: readonly number[]; readonly greedy: readonly number[] }[];
  readonly study: { readonly effectiveNoise: readonly Record<string, number>[]; readonly tStar: readonly Record<string, number>[] };
}

const DRAWS = 3;
const PAIRS = 30;
const lacks = [hasMirror ? [] : [NO_MIRROR], hasSmollm2 ? [] : ['SmolLM2 could not be fetched']].flat();

describe.skipIf(lacks.length > 0)(`the study on SmolLM2-135M-Instruct${lacks.length > 0 ? ` (skipped: ${lacks.join('; ')})` : ''}`, () => {
  let engine: ForwardEngine;
  let reference: Reference;
  let effective: readonly EffectiveNoiseRow[];
  let tStar: readonly TStarRow[];

  beforeAll(async () => {
    reference = readJson<Reference>(inFixtures('smollm2-reference.json'));
    // One thread: two that other tests keep from running at once wait for each other most of the time.
    engine = await openForwardEngine(modelFiles(smollm2Folder), { precision: 'float32', device: 'cpu', threads: 'other' });
    const prompts = await tenPrompts();
    const states = await all(capture(engine, { prompts }));
    effective = await stepThree(prompts, states);
    tStar = await stepFour(states);
  }, 600_000);
  afterAll(() => engine?.close());

  it.each(['effectiveStd', 'effectiveMean', 'preservation'] as const)('step 3: %s agrees at every scale', (field) => {
    for (const [i, row] of effective.entries())
      expectAgreement(row[field]!, reference.study.effectiveNoise[i]!, field, `scale ${row.scale}`);
  });

  it.each(['alpha', 'bestTKl', 'bestTProb'] as const)('step 4: %s agrees at every noise level', (field) => {
    for (const [i, row] of tStar.entries()) expectAgreement(row[field], reference.study.tStar[i]!, field, `noise ${row.noise}`);
  });

  it('generates the greedy tokens of PyTorch', async () => {
    const sequences = reference.prompts.map(({ index, inputIds }) => ({ prompt: index, ids: inputIds, temperature: 0 }));
    const request = { seed: 42, replicate: 0, maxNewTokens: 48, eosIds: [], sequences };
    const found = await all(engine.generate(request, { suppressIds: await readEosIds(smollm2Folder) }));
    for (const { index, greedy } of reference.prompts) expect(found.find(({ prompt }) => prompt === index)!.ids).toEqual(greedy);
  });

  async function tenPrompts() {
    const rows = await readQuestionFiles([inMirror('datasets/openai/gsm8k/main/test-00000-of-00001.parquet')]);
    const tokenizer = await openTokenizer(smollm2Folder);
    return rows
      .slice(0, 10)
      .map(({ question }, prompt) => ({ prompt, ids: renderPrompt({ tokenizer, messages: promptMessages(question), bos: 'study' }).ids }));
  }

  async function stepThree(prompts: Awaited<ReturnType<typeof tenPrompts>>, states: Awaited<ReturnType<typeof captured>>) {
    const scales = reference.study.effectiveNoise.map((row) => row.scale!);
    const groups = prompts.flatMap((prompt) => Array.from({ length: DRAWS }, (_, draw) => ({ ...prompt, draw, scales })));
    const noisy = await all(inject(engine, { seed: 42, noise: 'shared', groups }));
    const clean = new Map(states.map((state) => [state.prompt, state.hiddenLast]));
    return summarizeDraws(
      noisy.map(({ prompt, draw, scale, hiddenLast }) => ({
        prompt,
        draw,
        scale,
        ...effectiveNoise(clean.get(prompt)!, hiddenLast, scale),
      })),
    );
  }

  async function stepFour(states: Awaited<ReturnType<typeof captured>>) {
    const noises = reference.study.tStar.map((row) => row.noise!);
    const groups = states.flatMap(({ prompt, positions, hiddenLast, hiddenStd }) =>
      Array.from({ length: DRAWS }, (_, draw) => ({ prompt, positions, hiddenLast, hiddenStd, draw, noises })),
    );
    const { temperatures } = reference;
    const scores = await all(score(engine, { seed: 42, noise: 'shared', tBase: 0.8, temperatures, groups }));
    return fitRows(
      scores.map((found) => ({
        ...found,
        tBase: 0.8,
        temperatures: [...temperatures],
        klByTemperature: [...found.klByTemperature],
        probByTemperature: [...found.probByTemperature],
      })),
    );
  }

  function captured() {
    return all(capture(engine, { prompts: [] }));
  }
});

function expectAgreement(found: number, row: Record<string, number>, field: string, where: string): void {
  const [expected, sd] = [row[field]!, row[`${field}Sd`]!];
  // With sd 0 every draw of the reference fell on one grid point; two draws elsewhere move the mean by at most this.
  const tolerance = sd === 0 ? (2 / PAIRS) * 1.04 : (4 * Math.SQRT2 * sd) / Math.sqrt(PAIRS);
  expect(Math.abs(found - expected), `${field} at ${where}: ${found}, reference ${expected} with sd ${sd}`).toBeLessThan(tolerance);
}
