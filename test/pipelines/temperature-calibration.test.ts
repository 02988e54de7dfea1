// The second shipped pipeline against the real catalogue.
import { describe, expect, it } from 'vitest';
import { steps } from '../../activities/steps.ts';
import { views } from '../../dashboards/views/all.ts';
import { readShippedPipeline } from '../../pipelines/find-pipeline.ts';
import { problemsError } from '../../pipelines/issues.ts';
import { linkSpec } from '../../pipelines/link.ts';
import { resolveParams } from '../../pipelines/params.ts';
import { unitCount } from '../../pipelines/plan.ts';

describe('temperature-calibration', () => {
  it('links against the catalogue: a unit per prompt, one fit over all of them', async () => {
    const { spec, problems, source } = await readShippedPipeline('temperature-calibration');
    expect(problems === undefined ? '' : problemsError(problems, source).message).toBe('');
    const { params } = resolveParams(spec!, { values: { promptCount: 6 } });
    const { linked, problems: more } = linkSpec(spec!, { params: params!, steps, views: views.map((view) => view.name) });
    expect(more === undefined ? '' : problemsError(more, source).message).toBe('');
    expect(linked!.warnings).toEqual([]);
    expect(Object.fromEntries(linked!.nodes.map((node) => [node.id, unitCount(node)]))).toEqual({
      questions: 6,
      prompts: 6,
      answers: 6,
      states: 6,
      fit: 1,
      scores: 6,
      calibration: 1,
    });
  });

  it('refuses one prompt, which cannot be both fitted and tested', async () => {
    const { spec } = await readShippedPipeline('temperature-calibration');
    const { problems } = resolveParams(spec!, { values: { promptCount: 1 } });
    expect(problems).toHaveLength(1);
  });
});
