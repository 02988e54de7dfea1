import { describe, expect, it } from 'vitest';
import { digestOf } from '../../artifacts/digest.ts';
import { unitCount } from '../../pipelines/plan.ts';
import { compileText } from './compile-text.ts';
import { smallPipeline, smallSteps } from './small-steps.ts';

const planOf = (sets: readonly string[] = [], text = smallPipeline) => {
  const { plan, text: problems } = compileText(text, { sets });
  expect(problems).toBeUndefined();
  return plan!;
};
const node = (id: string, sets: readonly string[] = []) => planOf(sets).nodes.find((candidate) => candidate.id === id)!;

describe('compile', () => {
  it('makes the plan that stands in golden/', async () => {
    await expect(`${JSON.stringify(planOf(), null, 1)}\n`).toMatchFileSnapshot('golden/small-plan.json');
  });

  it('puts every step after what it reads, wherever the file has it', () => {
    const [head, steps] = smallPipeline.split('steps:\n') as [string, string];
    const [body, tail] = steps.split('results:') as [string, string];
    const blocks = body.split(/\n(?= {2}\w)/);
    const plan = planOf([], `${head}steps:\n${[...blocks].reverse().join('\n')}\nresults:${tail}`);
    const order = plan.nodes.map(({ id }) => id);
    for (const { id, inputs } of plan.nodes)
      for (const input of Object.values(inputs)) expect(order.indexOf(input.node)).toBeLessThan(order.indexOf(id));
    expect([...order].sort()).toEqual(
      planOf()
        .nodes.map(({ id }) => id)
        .sort(),
    );
  });

  it('makes the edge to the calibration only where the params ask for it', () => {
    expect(Object.keys(node('scores').inputs)).toEqual(['states']);
    const calibrated = node('scores', ['tBase=calibrate']);
    expect(calibrated.inputs.calibration).toEqual({ node: 'calibration', output: 'tBase', reads: 'each' });
    expect(calibrated.identity.tBase).toBe('calibrate');
  });

  it('takes axes from lists, counts, ranges and inputs, and drops what stands twice', () => {
    expect(node('questions', ['promptOffset=5', 'promptCount=3']).axes).toEqual([{ name: 'prompt', values: [5, 6, 7] }]);
    const { axes } = node('scores', ['promptCount=2', 'drawCount=3', 'noises=0.2,0.1,0.2,0.10']);
    expect(axes).toEqual([
      { name: 'prompt', values: [0, 1] },
      { name: 'draw', values: [0, 1, 2] },
      { name: 'noise', values: [0.2, 0.1] },
    ]);
    const limited = planOf(
      [],
      smallPipeline.replace('noises: $params.noises', 'limit: 1\n      noises: 0.1').replace('noises: 0.1', 'noises: [0.1]'),
    );
    expect(unitCount(limited.nodes.find(({ id }) => id === 'scores')!)).toBe(2);
  });

  it('leaves axis params out of the identity and puts digests for names', () => {
    expect(node('questions').identity).toEqual({ dataset: digestOf('gsm8k test'), split: 'test' });
    expect(node('scores').identity).toEqual({ device: 'cpu', seed: 42, tBase: 0.8, model: digestOf('engine tiny') });
  });

  it('sends model steps to the queue of their device, with their environment', () => {
    expect([node('states').queue, node('states', ['device=cuda']).queue, node('summary').queue]).toEqual([
      'tstar-cpu',
      'tstar-cuda',
      'tstar',
    ]);
    expect(node('states', ['device=cuda']).environment).toEqual({ provider: 'cuda' });
    expect(node('summary').environment).toBeNull();
  });

  it('says which params no step uses', () => {
    expect(planOf([], smallPipeline.replace('seed: $params.seed', 'seed: 7')).warnings).toEqual([
      'the param seed is used by no step: setting it changes nothing',
    ]);
  });

  it('takes $$ for a text that begins with a dollar sign', () => {
    const plan = planOf(
      [],
      smallPipeline.replace('model: $params.model', () => 'model: $$tiny'),
    );
    expect(plan.nodes.find(({ id }) => id === 'states')!.params.model).toBe('$tiny');
  });

  it('works with any catalogue', () => {
    expect(compileText(smallPipeline, {}, smallSteps.slice(1)).text).toContain('there is no step type "load-questions"');
  });
});
