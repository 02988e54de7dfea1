// The whole study through the command line on a tiny model: real server, real worker, real session process. The second run
// answers from the cache; one changed value computes exactly what is new.
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import { type Finished, makeProject, type Project } from './command.ts';

const TINY = ['--set', 'model=hf:fixtures/tiny-llama', '--set', 'dataset=gsm8k', '--set', 'promptCount=3', '--set', 'maxNewTokens=12'];

describe.skipIf(!hasMirror)(`effective-noise on a tiny model${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  let project: Project;
  let first: Finished;
  // biome-ignore lint/suspicious/noExplicitAny: the printed document, read as a user's program reads it
  let document: Record<string, any>;

  beforeAll(async () => {
    project = await makeProject();
    first = await project.tstar(['run', 'effective-noise', ...TINY, '--json']);
    document = first.code === 0 ? JSON.parse(first.stdout) : {};
  }, 600_000);
  afterAll(() => project?.remove());

  it('ends well and prints one document', () => {
    expect(first.code, first.stderr).toBe(0);
    expect(document).toMatchObject({
      status: 'done',
      pipeline: 'effective-noise',
      model: { name: 'hf:fixtures/tiny-llama' },
      dataset: { name: 'gsm8k' },
    });
    // The check of the set-up and step 4 ask for one unit both: whoever comes second finds it.
    expect(document.units.hit).toBeLessThanOrEqual(1);
  });

  it('has every section of the results, with intervals beside the means', () => {
    const { calibration, tBaseUsed, temperatures, effectiveNoise, tStar, setup } = document.results;
    expect(calibration.rows).toHaveLength(8);
    expect(calibration.rows[0]).toEqual(expect.objectContaining({ temperature: 0.5, total: 3 }));
    expect(calibration.sameAsBest).toContain(calibration.tBase);
    expect(tBaseUsed).toBe(0.8);
    expect(temperatures).toEqual([0.56, 0.64, 0.72, 0.8, 0.88, 0.96, 1.04, 1.12, 1.2, 1.28, 1.44, 1.6]);
    expect(effectiveNoise.map((row: { scale: number }) => row.scale)).toEqual([0.01, 0.02, 0.05, 0.1, 0.2]);
    expect(tStar.map((row: { noise: number }) => row.noise)).toEqual([0.05, 0.075, 0.1, 0.2, 0.5, 0.75]);
    for (const row of tStar) {
      expect(row).toMatchObject({ prompts: 3, n: 9 });
      expect(row.alphaLow).toBeLessThanOrEqual(row.alpha);
      expect(row.alphaHigh).toBeGreaterThanOrEqual(row.alpha);
      expect(row.tStar).toBeCloseTo(0.8 * Math.sqrt(1 + row.alpha), 12);
      expect(row.klByTemperature).toHaveLength(12);
    }
    expect(setup).toMatchObject({ prompt: 0, draw: 0, noise: 0.1 });
    expect(setup.shape[1]).toBe(64);
  });

  it('records what each step cost, tokens of the generation among it, and that nothing was known before', () => {
    const responses = document.steps.find(({ step }: { step: string }) => step === 'responses');
    expect(responses.predicted).toEqual({ units: 24, price: null });
    // Each ends at an EOS or after twelve tokens.
    expect(responses.actual).toMatchObject({ units: 24, tokens: expect.toSatisfy((tokens: number) => tokens >= 24 && tokens <= 24 * 12) });
    for (const { computed, actual } of document.steps) {
      expect(actual.units).toBe(computed);
      expect(actual.bytes > 0).toBe(computed > 0);
    }
  });

  it('leaves a dashboard that needs nothing else', () => {
    expect(existsSync(document.dashboard)).toBe(true);
    const html = readFileSync(document.dashboard, 'utf8');
    expect(html).toContain('<svg');
    // Anchors may lead to the Temporal UI; nothing may be fetched.
    expect(html).not.toMatch(/\ssrc="https?:/);
    expect(html).not.toMatch(/<link[^>]*href="https?:/);
  });

  it('answers a second run from the cache', async () => {
    const again = await project.tstar(['run', 'effective-noise', ...TINY, '--json']);
    expect(again.code, again.stderr).toBe(0);
    const second = JSON.parse(again.stdout);
    expect(second.units).toEqual({ hit: document.units.hit + document.units.computed, computed: 0 });
    expect(second.results).toEqual(document.results);
    for (const { predicted, actual } of second.steps) expect([predicted.units, actual.units, actual.seconds]).toEqual([0, 0, 0]);
  });

  it('computes only what a new noise scale adds', async () => {
    const more = await project.tstar(['run', 'effective-noise', ...TINY, '--set', 'noiseScales=0.2,0.01,0.02,0.05,0.1,0.15', '--json']);
    expect(more.code, more.stderr).toBe(0);
    // 3 prompts x 3 draws at the new scale, and the table over all of them.
    const { units, steps } = JSON.parse(more.stdout);
    expect(units.computed).toBe(9 + 1);
    const noisy = steps.find(({ type }: { type: string }) => type === 'inject-noise');
    expect([noisy.predicted.units, noisy.actual.units, noisy.predicted.price.runs]).toEqual([9, 9, 1]);
    const { low, median, high } = noisy.predicted.price.bytes;
    expect([low, median, high]).toEqual([noisy.actual.bytes, noisy.actual.bytes, noisy.actual.bytes]);
  });

  it('goes on with what the calibration found where tBase is calibrate', async () => {
    const calibrated = await project.tstar(['run', 'effective-noise', ...TINY, '--set', 'tBase=calibrate', '--json']);
    expect(calibrated.code, calibrated.stderr).toBe(0);
    const { results } = JSON.parse(calibrated.stdout);
    expect(results.tBaseUsed).toBe(results.calibration.tBase);
    expect(results.temperatures[0]).toBeCloseTo(results.tBaseUsed * 0.7, 2);
  });

  it('keeps two BOS tokens as the study did, and warns; bos=single keeps one', async () => {
    const model = [
      '--set',
      'model=hf:fixtures/tiny-qwen2-bf16',
      '--set',
      'promptCount=1',
      '--set',
      'drawCount=1',
      '--set',
      'maxNewTokens=4',
    ];
    const study = await project.tstar(['run', 'effective-noise', '--set', 'dataset=gsm8k', ...model, '--json']);
    expect(study.code, study.stderr).toBe(0);
    expect(JSON.parse(study.stdout).bos).toEqual({ mode: 'study', doubled: true });
    expect(JSON.parse(study.stdout).warnings.join(' ')).toContain('two BOS');
    const single = await project.tstar(['run', 'effective-noise', '--set', 'dataset=gsm8k', ...model, '--set', 'bos=single', '--json']);
    expect(JSON.parse(single.stdout).bos).toEqual({ mode: 'single', doubled: false });
    expect(JSON.parse(single.stdout).results.tStar[0].alphaLow).toBeNull();
  });

  it('shows the run again without a server', async () => {
    const shown = await project.tstar(['show', document.run, '--json']);
    expect(shown.code, shown.stderr).toBe(0);
    expect(JSON.parse(shown.stdout).results).toEqual(document.results);
  });

  it('says in one line what is wrong with a param, and starts nothing', async () => {
    const wrong = await project.tstar(['run', 'effective-noise', '--set', 'promptCuont=2']);
    expect(wrong.code).toBe(2);
    expect(wrong.stdout).toBe('');
    expect(wrong.stderr).toContain('promptCuont');
    expect(wrong.stderr).toContain('promptCount');
    expect(wrong.stderr).not.toMatch(/\n\s+at /);
  });
});
