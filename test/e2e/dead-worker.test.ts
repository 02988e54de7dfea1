// The server remembers a killed worker for minutes; `tstar run` does not rely on it and serves the run itself.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import { makeProject, type Project } from './command.ts';

const SETS = ['model=hf:fixtures/tiny-llama', 'dataset=gsm8k', 'maxNewTokens=4', 'promptCount=2', 'drawCount=2'];

describe.skipIf(!hasMirror)(`after the worker of tstar up was killed${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  let project: Project;
  beforeAll(async () => {
    project = await makeProject();
  });
  afterAll(() => project?.remove());

  it('a run starts a worker of its own at once', async () => {
    const up = await project.tstar(['up']);
    expect(up.code, up.stderr).toBe(0);
    process.kill(JSON.parse(readFileSync(join(project.env.TSTAR_HOME!, 'worker.json'), 'utf8')).pid, 'SIGKILL');
    const ran = await project.tstar(['run', 'effective-noise', ...SETS.flatMap((set) => ['--set', set]), '--json']);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stderr).not.toContain('no worker serves');
    const { startedAt, endedAt } = JSON.parse(ran.stdout);
    expect(Date.parse(endedAt) - Date.parse(startedAt)).toBeLessThan(60_000);
  }, 300_000);
});
