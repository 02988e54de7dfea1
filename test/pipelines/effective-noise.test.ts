// The shipped pipeline against the real catalogue of steps, and the editor's schema against both.
import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { steps } from '../../activities/steps.ts';
import { viewNames } from '../../dashboards/view-names.ts';
import { views } from '../../dashboards/views/all.ts';
import { readShippedPipeline } from '../../pipelines/find-pipeline.ts';
import { problemsError } from '../../pipelines/issues.ts';
import { linkSpec } from '../../pipelines/link.ts';
import { type GivenParams, resolveParams } from '../../pipelines/params.ts';
import { unitCount } from '../../pipelines/plan.ts';
import { requestedSources } from '../../pipelines/requested-sources.ts';
import { editorSchema } from '../../pipelines/schema.ts';

async function link(given: GivenParams = {}) {
  const { spec, problems, source } = await readShippedPipeline('effective-noise');
  expect(problems === undefined ? '' : problemsError(problems, source).message).toBe('');
  const { params } = resolveParams(spec!, given);
  const { linked, problems: more } = linkSpec(spec!, { params: params!, steps, views: views.map((view) => view.name) });
  expect(more === undefined ? '' : problemsError(more, source).message).toBe('');
  return linked!;
}

describe('effective-noise', () => {
  it("links against the catalogue with the study's numbers of units", async () => {
    const { nodes, warnings } = await link();
    expect(warnings).toEqual([]);
    expect(Object.fromEntries(nodes.map((node) => [node.id, unitCount(node)]))).toEqual({
      questions: 10,
      prompts: 10,
      responses: 80,
      calibration: 1,
      hidden: 10,
      noisy: 150,
      effectiveNoise: 1,
      scores: 180,
      tStar: 1,
      setupScore: 1,
      setup: 1,
      floorDifferences: 8,
      floor: 1,
    });
  });

  it('runs the calibration in any case, and reads it only where tBase is calibrate', async () => {
    const reads = async (sets: readonly string[]) =>
      (await link({ sets })).nodes
        .filter((node) => Object.values(node.inputs).some((input) => input.node === 'calibration'))
        .map(({ id }) => id);
    expect(await reads([])).toEqual([]);
    expect(await reads(['tBase=calibrate'])).toEqual(['scores', 'setupScore']);
  });

  it('asks for one model and one dataset', async () => {
    expect(requestedSources(await link({ sets: ['dataset=gsm8k'] }))).toEqual({
      models: ['smollm2-135m-instruct'],
      datasets: [{ preference: ['gsm8k'], split: 'test' }],
    });
  });

  it('has the params that people and the dashboard rely on', async () => {
    const { spec } = await readShippedPipeline('effective-noise');
    const names =
      'model dataset split promptOffset promptCount drawCount noise noiseScales headScales calibrationTemperatures temperatureMultiples maxNewTokens tBase bos precision device seed';
    expect(Object.keys(spec!.params)).toEqual(names.split(' '));
    expect(Object.keys(spec!.results)).toEqual([
      'calibration',
      'tBaseUsed',
      'temperatures',
      'effectiveNoise',
      'tStar',
      'slope',
      'setup',
      'numericFloor',
    ]);
  });
});

describe('pipelines/schema.json', () => {
  it('is what the code says (`npm run docs` writes it again; so does TSTAR_WRITE=1 with this test)', async () => {
    const path = new URL('../../pipelines/schema.json', import.meta.url);
    const derived = `${JSON.stringify(editorSchema(steps, viewNames), null, 2)}\n`;
    if (process.env.TSTAR_WRITE === '1') await writeFile(path, derived);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(JSON.parse(derived));
  });

  it('knows the keys of every step, with their descriptions', () => {
    const text = JSON.stringify(editorSchema(steps, viewNames));
    for (const step of steps)
      for (const name of [...Object.keys(step.params.shape), ...Object.keys(step.inputs)]) expect(text).toContain(`"${name}":{`);
  });
});
