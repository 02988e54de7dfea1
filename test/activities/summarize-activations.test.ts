// Statistics of sites over prompts: each prompt counts alike, ends are those of all, one prompt gives no interval.
import { describe, expect, it } from 'vitest';
import { type ActivationDraw, summarizeActivationDraws } from '../../activities/summarize-activations.ts';
import { activationsText } from '../../cli/activations-text.ts';

const draw = (prompt: number, site: string, std: number, outliers = 0): ActivationDraw => ({
  prompt,
  site,
  positions: 10 * (prompt + 1),
  width: 4,
  mean: std / 10,
  std,
  min: -std,
  max: 2 * std,
  rms: std,
  outliers,
});
const SITES = ['embedding.output', 'layers.0.self_attn.q_proj.input', 'layers.0.residual', 'final_norm.output', 'lm_head.input', 'logits'];

describe('activations over prompts', () => {
  it('have a row per site in the order of the model, with its place', () => {
    const rows = summarizeActivationDraws([0, 1].flatMap((prompt) => SITES.map((site) => draw(prompt, site, 1))));
    expect(rows.map(({ site }) => site)).toEqual(SITES);
    expect(rows.map(({ layer, kind }) => [layer, kind])).toEqual([
      [null, 'residual'],
      [0, 'q_proj'],
      [0, 'residual'],
      [null, 'final_norm'],
      [null, 'lm_head'],
      [null, 'logits'],
    ]);
  });

  it('are means with intervals over prompts, and the ends of all', () => {
    const [row] = summarizeActivationDraws([draw(3, 'logits', 1, 0.01), draw(5, 'logits', 2, 0.03)]);
    expect(row).toMatchObject({
      prompts: 2,
      width: 4,
      mean: 0.15000000000000002,
      std: 1.5,
      stdSe: 0.5,
      rms: 1.5,
      min: -2,
      max: 4,
      outliers: 0.02,
    });
    // t(0.975, 1) = 12.706: both intervals reach below 0, which neither number can.
    expect(row!.stdLow).toBe(0);
    expect(row!.stdHigh).toBeCloseTo(1.5 + 0.5 * 12.7062, 3);
    expect(row!.outliersLow).toBe(0);
  });

  it('of one prompt have no interval', () => {
    const [row] = summarizeActivationDraws([draw(0, 'logits', 1)]);
    expect(row).toMatchObject({ prompts: 1, std: 1, stdLow: null, stdHigh: null, stdSe: null, outliersSe: null });
  });

  it('are a table in the terminal, of many sites those with the most outliers', () => {
    const few = activationsText(summarizeActivationDraws(SITES.map((site) => draw(0, site, 1))));
    expect(few.split('\n').filter((line) => SITES.some((site) => line.includes(site)))).toHaveLength(SITES.length);
    const many = Array.from({ length: 40 }, (_, layer) => draw(0, `layers.${layer}.residual`, 1, layer / 1000));
    const text = activationsText(summarizeActivationDraws(many));
    expect(text).toContain('layers.39.residual');
    expect(text).not.toContain('layers.27.residual');
    expect(text).toContain("28 with fewer outliers are in the run's table");
  });
});
