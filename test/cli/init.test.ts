// `tstar init`: what it writes is a pipeline that validates, under the name of its file, and nothing is written over.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeProject, type Project } from '../e2e/command.ts';

let project: Project;
beforeAll(async () => {
  project = await makeProject();
});
afterAll(() => project?.remove());

describe('init', () => {
  it.each([
    [[], 'my-experiment.yaml', 'my-experiment'],
    [['pipelines/noise-at-head.yml'], 'pipelines/noise-at-head.yml', 'noise-at-head'],
    [["It's mine.yaml"], "It's mine.yaml", 'my-experiment'],
  ])('%j writes a pipeline that validates', async (args, file, name) => {
    const path = join(project.folder, file);
    const made = await project.tstar(['init', ...args]);
    expect(made).toMatchObject({ code: 0, stdout: `${path}\n`, stderr: expect.stringContaining('tstar run ') });
    const { code, stdout } = await project.tstar(['validate', path, '--json']);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, valid: true, name });
  });

  it('explains itself: a comment for every part, the commands with the file’s own name', async () => {
    const text = await readFile(join(project.folder, 'pipelines/noise-at-head.yml'), 'utf8');
    expect(text).toContain('tstar validate pipelines/noise-at-head.yml');
    expect(text.split('\n').filter((line) => line.includes('# ')).length).toBeGreaterThan(12);
  });

  it('refuses to write over a file, and leaves it as it is', async () => {
    const path = join(project.folder, 'mine.yaml');
    await writeFile(path, 'mine');
    const answer = await project.tstar(['init', path]);
    expect(answer).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('left as it is') });
    expect(await readFile(path, 'utf8')).toBe('mine');
  });

  it.each(['mine', '', 'two\nlines.yaml'])('says what a pipeline file is called: not %j', async (file) => {
    expect(await project.tstar(['init', file])).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('.yaml') });
  });
});
