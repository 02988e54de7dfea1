// What a path of a model means: the folder where the command was typed, and the files that lie there when the run is planned. A
// worker that lives longer than they do fills no keys with another model's numbers.
import { cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasMirror, inMirror, NO_MIRROR } from '../mirror.ts';
import { makeProject, type Project } from './command.ts';
import { homeOf } from './stored-units.ts';

const WORDS = [
  'run',
  'effective-noise',
  '--set',
  'model=./m',
  '--set',
  'dataset=gsm8k',
  '--set',
  'promptCount=2',
  '--until',
  'hidden',
  '--json',
];

describe.skipIf(!hasMirror)(`a model that is named by a path${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  let project: Project;
  beforeAll(async () => {
    project = await makeProject();
    for (const name of ['a', 'b']) cpSync(inMirror('fixtures/tiny-llama'), join(project.folder, name, 'm'), { recursive: true });
    change('b', 1);
    const up = await project.tstar(['up']);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(() => project?.remove());

  /** Other weights of the same shapes, put in the place of the former at once: the last value's low bits. */
  const change = (name: string, by: number): void => {
    const weights = join(project.folder, name, 'm', 'model.safetensors');
    const bytes = readFileSync(weights);
    bytes[bytes.length - 2]! ^= by;
    writeFileSync(`${weights}.new`, bytes);
    renameSync(`${weights}.new`, weights);
  };
  const hiddenIn = async (name: string) => {
    const { code, stdout, stderr } = await project.tstar(WORDS, { cwd: join(project.folder, name) });
    expect(code, stderr).toBe(0);
    const { run } = JSON.parse(stdout);
    const record = JSON.parse(readFileSync(join(homeOf(project), 'runs', run, 'run.json'), 'utf8'));
    const { hit, computed, index } = record.nodes.find(({ id }: { readonly id: string }) => id === 'hidden');
    return { model: record.model.origin, hit, computed, index };
  };

  it('is that of the folder where the command is typed, as it is now', async () => {
    const first = await hiddenIn('a');
    expect(first).toMatchObject({ model: `folder ${join(project.folder, 'a', 'm')}`, computed: 2 });
    const other = await hiddenIn('b');
    expect(other).toMatchObject({ model: `folder ${join(project.folder, 'b', 'm')}`, computed: 2 });
    expect(other.index).not.toBe(first.index);
    change('a', 2);
    const changed = await hiddenIn('a');
    expect(changed).toMatchObject({ hit: 0, computed: 2 });
    expect([first.index, other.index]).not.toContain(changed.index);
    change('a', 2);
    expect(await hiddenIn('a')).toEqual({ ...first, hit: 2, computed: 0 });
  });
});
