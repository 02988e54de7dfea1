// Ctrl-C once keeps the run: the command ends with 130 and says how to go on, and the same command does.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import { finish, makeProject, type Project, until } from './command.ts';

const SETS = ['model=hf:fixtures/tiny-llama', 'dataset=gsm8k', 'maxNewTokens=4', 'promptCount=10', 'drawCount=12'];
const RUN = ['run', 'effective-noise', ...SETS.flatMap((set) => ['--set', set])];

describe.skipIf(!hasMirror)(`an interrupted run${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  let project: Project;
  beforeAll(async () => {
    project = await makeProject();
  });
  afterAll(() => project?.remove());

  it('is kept, and the same command goes on with it', async () => {
    const client = project.start(RUN);
    let said = '';
    client.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    const ended = finish(client);
    await until('a step was under way', async () => (/✓ questions/.test(said) ? true : undefined));
    client.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect(stderr).toMatch(/is kept\. To go on: tstar run effective-noise --set model=hf:fixtures\/tiny-llama/);
    expect(stderr).not.toMatch(/Error|node:internal/);
    expect([code, stdout]).toEqual([130, '']);

    const again = await project.tstar([...RUN, '--json']);
    expect(again.code, again.stderr).toBe(0);
    const run = /^run (\S+)/m.exec(stderr)?.[1];
    expect(again.stderr).toContain(`going on with ${run}`);
    expect(JSON.parse(again.stdout)).toMatchObject({ run, status: 'done' });
  }, 300_000);
});
