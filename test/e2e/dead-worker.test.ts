// The server remembers a killed worker for minutes; `tstar run` does not rely on it and serves the run itself. A worker that
// cannot start is not waited for either.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import { makeProject, type Project } from './command.ts';
import { backgroundWorker } from './processes.ts';

const STEP = new URL('../../examples/own-step/measure-repetition.mjs', import.meta.url).href;
const SETS = ['model=hf:fixtures/tiny-llama', 'dataset=gsm8k', 'maxNewTokens=4', 'promptCount=2', 'drawCount=2'];

describe.skipIf(!hasMirror)(`a run${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  let project: Project;
  beforeAll(async () => {
    project = await makeProject();
  });
  afterAll(() => project?.remove());

  it('starts a worker of its own at once after that of tstar up was killed', async () => {
    const up = await project.tstar(['up']);
    expect(up.code, up.stderr).toBe(0);
    process.kill(backgroundWorker(project), 'SIGKILL');
    const ran = await project.tstar(['run', 'effective-noise', ...SETS.flatMap((set) => ['--set', set]), '--json']);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stderr).not.toContain('no worker serves');
    // Less than the server takes to forget the killed one.
    const { startedAt, endedAt } = JSON.parse(ran.stdout);
    expect(Date.parse(endedAt) - Date.parse(startedAt)).toBeLessThan(240_000);
  }, 300_000);

  it('ends with the reason where its worker ends as soon as it is started, and goes on once that is mended', async () => {
    const steps = join(project.folder, 'steps.mjs');
    await writeFile(
      steps,
      `if (process.argv.includes('worker')) throw new Error('no graphics card today');\nexport * from ${JSON.stringify(STEP)};\n`,
    );
    const other = await makeProject({ TSTAR_STEPS: steps });
    try {
      const up = await other.tstar(['up']);
      expect(up).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/the worker ended at once; it said: .*worker\.log/) });
      await other.tstar(['down']);
      const words = ['run', 'effective-noise', ...SETS.flatMap((set) => ['--set', set]), '--json'];
      const ended = await other.tstar(words);
      expect(ended.code, ended.stderr).toBe(1);
      expect(ended.stderr).toContain('no graphics card today');
      const { kind, problems } = JSON.parse(ended.stdout).error;
      expect(kind).toBe('world');
      expect(problems[0].what).toMatch(
        /^the worker ended 3 times as soon as it was started \(exit status \d\).* is kept .* To go on: tstar run /,
      );
      const ran = await other.tstar(words, { env: { TSTAR_STEPS: '' } });
      expect(ran.code, ran.stderr).toBe(0);
      expect(ran.stderr).toContain('going on with');
    } finally {
      await other.remove();
    }
  }, 300_000);
});
