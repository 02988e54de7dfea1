// An input that takes one value for all units is not given one for each.
import { expect, it } from 'vitest';
import { scoreTemperatures } from '../../activities/score-temperatures.ts';
import { makeAxes } from '../../pipelines/axes.ts';
import type { PlanAxis } from '../../pipelines/plan.ts';
import type { StepDefinition } from '../../pipelines/step.ts';

const prompts: PlanAxis = { name: 'prompt', values: [0, 1] };
const axesOf = (calibrated: readonly PlanAxis[]) => (id: string) => (id === 'hidden' ? [prompts] : calibrated);
const node = {
  name: 'scores',
  step: scoreTemperatures as unknown as StepDefinition,
  sources: undefined,
  params: { drawCount: 1, noises: [0.1] },
  inputs: {
    hidden: { node: 'hidden', output: 'states', reads: 'each' },
    calibration: { node: 'calibration', output: 'tBase', reads: 'each' },
  },
} as const;

it('is refused a value for each prompt, and takes one for all', () => {
  expect(makeAxes(node, axesOf([]))).toMatchObject({ axes: [prompts, { name: 'draw' }, { name: 'noise' }] });
  expect(makeAxes(node, axesOf([prompts]))).toEqual({
    problems: [
      {
        in: 'spec',
        path: ['steps', 'scores', 'with', 'calibration'],
        kind: 'refused',
        message: '$calibration.tBase has a value for each prompt, and this input takes one for all',
      },
    ],
  });
});
