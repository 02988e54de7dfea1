// What an end that comes from outside costs. Ctrl-C once keeps the run: the command ends with 130 and says how to go on, and the same
// command does; twice cancels it. A run whose server was stopped by the run that had started it goes on with one of its own.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import { hear, makeProject, type Project } from './command.ts';
import { childrenOf } from './processes.ts';

const SETS = ['model=hf:fixtures/tiny-llama', 'dataset=gsm8k', 'maxNewTokens=4', 'promptCount=10', 'drawCount=12'];
const RUN = ['run', 'effective-noise', ...SETS.flatMap((set) => ['--set', set])];

describe.skipIf(!hasMirror)(`an interrupted run${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  let project: Project;
  beforeAll(async () => {
    project = await makeProject();
  });
  afterAll(() => project?.remove());

  it('is kept, and the same command goes on with it', async () => {
    const client = project.start([...RUN, '--json']);
    const heard = hear(client);
    await heard.says('a step was under way', /✓ questions/);
    client.kill('SIGINT');
    const { code, stdout, stderr } = await heard.ended;
    expect(stderr).toMatch(/is kept\. To go on: tstar run effective-noise --set model=hf:fixtures\/tiny-llama/);
    expect(stderr).not.toMatch(/Error|node:internal/);
    expect([code, JSON.parse(stdout).error.kind]).toEqual([130, 'interrupted']);

    const again = await project.tstar([...RUN, '--json']);
    expect(again.code, again.stderr).toBe(0);
    const run = /^run (\S+)/m.exec(stderr)?.[1];
    expect(again.stderr).toContain(`going on with ${run}`);
    expect(JSON.parse(again.stdout)).toMatchObject({ run, status: 'done' });
  }, 300_000);

  it('is cancelled by a second Ctrl-C, with a record and a dashboard of what there is', async () => {
    const client = project.start([...RUN, '--set', 'seed=7']);
    const heard = hear(client);
    await heard.says('a step was under way', /✓ questions/);
    // Its worker stands still: one without work in hand ends before a second Ctrl-C comes.
    for (const worker of childrenOf(client.pid!, 'worker')) process.kill(worker, 'SIGSTOP');
    client.kill('SIGINT');
    await heard.says('the first was heard', /Ctrl-C again cancels it/);
    client.kill('SIGINT');
    const { code, stderr } = await heard.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/is cancelled; what it computed stays in the cache/);
    const page = /^dashboard {2}(\S+)$/m.exec(stderr)?.[1];
    expect(readFileSync(page!, 'utf8')).toContain('This run was cancelled');
    const shown = await project.tstar(['show', '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({ status: 'cancelled' });
  }, 300_000);
});

describe.skipIf(!hasMirror)(`two runs at once${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  let project: Project;
  beforeAll(async () => {
    project = await makeProject();
  });
  afterAll(() => project?.remove());

  it('both end, whichever had started the server', async () => {
    const first = project.start(RUN);
    const heardFirst = hear(first);
    await heardFirst.says('the first had a server and a worker', /✓ questions/);
    const second = project.start([...RUN, '--set', 'seed=7', '--set', 'drawCount=4', '--json']);
    const heardSecond = hear(second);
    await heardSecond.says('the second had started', /^run /m);
    first.kill('SIGINT');
    expect((await heardFirst.ended).code).toBe(130);
    const { code, stdout, stderr } = await heardSecond.ended;
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('going on with one of our own');
    expect(JSON.parse(stdout)).toMatchObject({ status: 'done' });
  }, 300_000);
});
