// `--json-events` of a real run: every line of stdout is an event of the schema, from the start to the results, and `watch`
// tells the end of a finished run from its record.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventSchema, type RunEvent } from '../../cli/events.ts';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import { makeProject, type Project } from './command.ts';

const SETS = ['model=hf:fixtures/tiny-llama', 'dataset=gsm8k', 'maxNewTokens=4', 'promptCount=2', 'drawCount=2'];
const RUN = ['run', 'effective-noise', ...SETS.flatMap((set) => ['--set', set])];

const eventsIn = (stdout: string): RunEvent[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => eventSchema.parse(JSON.parse(line)));

describe.skipIf(!hasMirror)(`--json-events${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  let project: Project;
  beforeAll(async () => {
    project = await makeProject();
  });
  afterAll(() => project?.remove());

  it('is the whole of stdout and adds up to the result', async () => {
    const { code, stdout, stderr } = await project.tstar([...RUN, '--json-events', '--shard-units', '4']);
    expect(code, stderr).toBe(0);
    const events = eventsIn(stdout);
    expect(events[0]).toMatchObject({ event: 'run-started', pipeline: 'effective-noise', attached: false });
    const planned = events.find((event) => event.event === 'planned')!;
    const last = events.at(-1)!;
    expect(last).toMatchObject({ event: 'run-ended', status: 'done', result: { run: events[0]!.run, status: 'done' } });
    expect(last.event === 'run-ended' && last.result.results).toBeTruthy();
    for (const { step, units } of planned.steps) {
      const own = events.filter((event) => 'step' in event && event.step === step);
      expect(own[0], step).toMatchObject({ event: 'step-started' });
      expect(own.at(-1), step).toMatchObject({ event: 'step-done', units });
      const shards = own.flatMap((event) => (event.event === 'shard-done' ? [event] : []));
      expect(shards.map(({ shard }) => shard)).toEqual(Array.from({ length: shards.at(-1)!.shards }, (_, i) => i + 1));
    }
    expect(stderr).toContain('noisy');

    const watched = await project.tstar(['watch', events[0]!.run, '--json-events']);
    expect([watched.code, eventsIn(watched.stdout).map(({ event }) => event)]).toEqual([0, ['run-ended']]);
  }, 300_000);

  it('says a bad param on stderr, nothing on stdout', async () => {
    const { code, stdout, stderr } = await project.tstar([...RUN, '--json-events', '--set', 'promptCount=0']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('promptCount');
  });

  it('does not go with --json', async () => {
    expect(await project.tstar([...RUN, '--json-events', '--json'])).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('--json-events goes with neither'),
    });
  });
});
