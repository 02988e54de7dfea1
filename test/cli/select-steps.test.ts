import { describe, expect, it } from 'vitest';
import { selectSteps } from '../../cli/select-steps.ts';
import { makeProject } from '../e2e/command.ts';

describe('--until, --only, --from and --force', () => {
  const pipeline = {
    spec: { name: 'study' },
    order: [
      { id: 'questions', after: [] },
      { id: 'prompts', after: ['questions'] },
      { id: 'hidden', after: ['prompts'] },
      { id: 'noisy', after: ['prompts'] },
      { id: 'table', after: ['hidden', 'noisy'] },
    ],
  };
  const none = { force: [], from: [], until: [] };

  it.each([
    ['nothing', none, {}],
    ['--force noisy', { ...none, force: ['noisy'] }, { force: ['noisy'] }],
    ['--from noisy', { ...none, from: ['noisy'] }, { force: ['noisy', 'table'] }],
    ['--from prompts', { ...none, from: ['prompts'] }, { force: ['prompts', 'hidden', 'noisy', 'table'] }],
    ['--until hidden', { ...none, until: ['hidden'] }, { until: ['hidden'] }],
    ['--only noisy', { ...none, only: 'noisy' }, { until: ['noisy'] }],
    [
      '--from prompts --until hidden',
      { ...none, from: ['prompts'], until: ['hidden'] },
      { force: ['prompts', 'hidden'], until: ['hidden'] },
    ],
  ])('%s', (_, selection, options) => {
    expect(selectSteps(pipeline, selection)).toEqual(options);
  });

  it.each([
    [{ ...none, until: ['noisi'] }, '--until noisi: study has no such step: did you mean noisy?'],
    [{ ...none, from: ['xyz'] }, '--from xyz: study has no such step (its steps are questions, prompts, hidden, noisy, table)'],
    [{ ...none, only: 'noisy', force: ['noisy'] }, '--only goes with none of'],
    [{ ...none, from: ['table'], until: ['hidden'] }, 'nothing to force: table lies behind --until hidden'],
  ])('refuses %j', (selection, message) => {
    expect(() => selectSteps(pipeline, selection)).toThrow(message);
  });

  it('refuses an unknown step before a server is started', async () => {
    const project = await makeProject();
    const answer = await project.tstar(['run', 'effective-noise', '--from', 'hiden']);
    await project.remove();
    expect([answer.code, answer.stderr]).toEqual([2, expect.stringMatching(/^--from hiden: .* did you mean hidden\?[^\n]*\n$/)]);
  });
});
