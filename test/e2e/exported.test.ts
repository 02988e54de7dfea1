// The whole study on a graph that somebody else exported, through the command line: its sites, the run, and the same numbers as
// from the weights that it was made from.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import { makeProject, type Project } from './command.ts';

const SMALL = ['--set', 'dataset=word-problems', '--set', 'promptCount=2', '--set', 'drawCount=2', '--set', 'maxNewTokens=6'];
const MODELS = ['optimum-tiny-llama', 'genai-tiny-llama-fp32', 'tiny-llama'] as const;

describe.skipIf(!hasMirror)(`effective-noise on exported graphs${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  let project: Project;
  beforeAll(async () => {
    project = await makeProject();
    // One server and worker for all runs.
    const { code, stderr } = await project.tstar(['up']);
    expect(code, stderr).toBe(0);
  }, 120_000);
  afterAll(() => project?.remove());

  it('lists the sites of an export', async () => {
    const { code, stdout, stderr } = await project.tstar(['models', 'sites', 'hf:fixtures/genai-tiny-llama-fp32', '--json']);
    expect(code, stderr).toBe(0);
    const sites: { name: string; shares?: string[] }[] = JSON.parse(stdout);
    expect(sites.map(({ name }) => name)).toEqual(expect.arrayContaining(['lm_head.input', 'logits']));
    expect(sites.find(({ name }) => name === 'layers.0.self_attn.qkv_proj.input')?.shares).toHaveLength(3);
  });

  it('runs every step, and finds what the built graph finds', async () => {
    const results: Record<string, Record<string, never>> = {};
    for (const model of MODELS) {
      const { code, stdout, stderr } = await project.tstar([
        'run',
        'effective-noise',
        '--set',
        `model=hf:fixtures/${model}`,
        ...SMALL,
        '--json',
      ]);
      expect(code, stderr).toBe(0);
      const document = JSON.parse(stdout);
      expect(document).toMatchObject({ status: 'done', model: { name: `hf:fixtures/${model}` } });
      results[model] = document.results;
    }
    const [optimum, genai, built] = MODELS.map((model) => results[model] as unknown as Results);
    // The same responses, the same head, the same noise at it.
    for (const exported of [optimum!, genai!]) {
      expect(exported.calibration).toEqual(built!.calibration);
      for (const [i, { alpha, bestTKl }] of exported.tStar.entries()) {
        expect(alpha).toBeCloseTo(built!.tStar[i]!.alpha, 4);
        expect(bestTKl).toBe(built!.tStar[i]!.bestTKl);
      }
    }
    // The same Linears; the other exporter fused q, k and v, so that they share a draw.
    for (const [i, { effectiveStd }] of optimum!.effectiveNoise.entries())
      expect(effectiveStd).toBeCloseTo(built!.effectiveNoise[i]!.effectiveStd, 3);
    expect(genai!.effectiveNoise[0]!.effectiveStd).not.toBeCloseTo(built!.effectiveNoise[0]!.effectiveStd, 5);
  });
});

interface Results {
  readonly calibration: object;
  readonly tStar: readonly { readonly alpha: number; readonly bestTKl: number }[];
  readonly effectiveNoise: readonly { readonly effectiveStd: number }[];
}
