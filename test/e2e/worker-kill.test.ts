// A worker that is killed in the middle of step 3 costs the units under way, nothing else: `tstar run` starts another, and the
// run ends in the same artifacts, byte for byte, as one that nobody disturbed.
import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import { finish, makeProject, type Project, until } from './command.ts';

const RUN = [
  'run',
  'effective-noise',
  '--set',
  'model=hf:fixtures/tiny-llama',
  '--set',
  'dataset=gsm8k',
  '--set',
  'maxNewTokens=4',
  '--set',
  'promptCount=10',
  '--set',
  'drawCount=12',
];

describe.skipIf(!hasMirror)(`a killed worker${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  let calm: Project;
  let disturbed: Project;

  beforeAll(async () => {
    calm = await makeProject();
    disturbed = await makeProject();
  });
  afterAll(async () => {
    await calm?.remove();
    await disturbed?.remove();
  });

  it('leaves the same indexes and objects as an undisturbed run', async () => {
    const undisturbed = await calm.tstar([...RUN, '--json']);
    expect(undisturbed.code, undisturbed.stderr).toBe(0);

    const client = disturbed.start([...RUN, '--json']);
    const ended = finish(client);
    const victim = await until('step 3 had put a part of its units', async () => {
      const put = countUnits(disturbed, 'inject-noise');
      return put > 0 && put < 600 ? workerOf(client) : undefined;
    });
    process.kill(victim, 'SIGKILL');
    const before = countUnits(disturbed, 'inject-noise');
    expect(before).toBeLessThan(600);
    const { code, stdout, stderr } = await ended;
    expect(code, stderr).toBe(0);

    expect(JSON.parse(stdout).results).toEqual(JSON.parse(undisturbed.stdout).results);
    expect(objectsOf(disturbed, 'inject-noise')).toEqual(objectsOf(calm, 'inject-noise'));
    expect(objectsOf(disturbed)).toEqual(objectsOf(calm));
    expect(temporaryFiles(disturbed)).toEqual([]);
  }, 600_000);
});

interface StoredUnit {
  readonly key: string;
  readonly components: { readonly step: string };
  readonly outputs: Record<string, { readonly digest: string }>;
}

function manifests({ env }: Project): StoredUnit[] {
  return files(join(env.TSTAR_HOME!, 'manifests'))
    .filter((path) => path.endsWith('.json'))
    .map((path) => JSON.parse(readFileSync(path, 'utf8')));
}

function countUnits(project: Project, step: string): number {
  return manifests(project).filter(({ components }) => components.step === step).length;
}

/** Key and output digests of every unit (of a step): the same list means the same bytes. */
function objectsOf(project: Project, step?: string): string[] {
  return manifests(project)
    .filter(({ components }) => step === undefined || components.step === step)
    .map(
      ({ key, outputs }) =>
        `${key} ${Object.entries(outputs)
          .map(([name, { digest }]) => `${name}=${digest}`)
          .sort()
          .join(' ')}`,
    )
    .sort();
}

function temporaryFiles({ env }: Project): string[] {
  return files(env.TSTAR_HOME!)
    .filter((path) => /\.(tmp|partial|new)/.test(path))
    .map((path) => relative(env.TSTAR_HOME!, path));
}

function files(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return []; // Not made yet, or a temporary file was renamed while we looked.
  }
}

/** The worker among the children of `tstar run`, by its command line. */
function workerOf(client: ChildProcess): number | undefined {
  const children = readFileSync(`/proc/${client.pid}/task/${client.pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean);
  return children.map(Number).find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes('worker'));
}
