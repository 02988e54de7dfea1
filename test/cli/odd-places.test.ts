// Places that a command cannot use, for its home, its output or its own folder: one line that says what, where and what to do,
// an exit code, and nothing half written.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeNew, writeWhole } from '../../cli/write-file.ts';
import { TransientError, UserError } from '../../formats/user-error.ts';
import { type Finished, finish, makeProject, type Project } from '../e2e/command.ts';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import { makeStoredRun } from './stored-run.ts';

const PROGRAM = join(import.meta.dirname, '../../cli/tstar.mjs');
/** A device whose every write finds the disk full. */
const FULL = '/dev/full';
const hasFull = existsSync(FULL);

let project: Project;
beforeAll(async () => {
  project = await makeProject();
});
afterAll(() => project?.remove());

describe('a home', () => {
  it('that is a file has no plan without its units', async () => {
    const home = join(project.folder, 'home-file');
    await writeFile(home, '');
    const { code, stderr } = await project.tstar(['plan', 'effective-noise'], { env: { TSTAR_HOME: home } });
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/home-file\/store-id: a part of the path is a file \(ENOTDIR\); .*TSTAR_HOME/),
    ]);
  });

  it.each([
    ['a link that leads nowhere', async (home: string) => symlink('nowhere', home), 'ENOENT'],
    ['a link to itself', async (home: string) => symlink(home, home), 'ELOOP'],
    ['a file', async (home: string) => writeFile(home, ''), 'ENOTDIR'],
  ])('that is %s is named by every command that needs it, and doctor finds it bad', async (name, make, code) => {
    const home = join(project.folder, name);
    await make(home);
    const env = { TSTAR_HOME: home, HF_ENDPOINT: 'http://127.0.0.1:9' };
    for (const args of [['runs'], ['cache', 'gc', '--keep-runs', '1'], ['up'], ['down']]) {
      const { code: exit, stderr } = await project.tstar(args, { env });
      expect(exit).toBe(2);
      expect(stderr).toMatch(new RegExp(`^cannot (read|write) ${home}/store-id: .*\\(${code}\\); .*TSTAR_HOME.*\\n$`));
    }
    const { stdout } = await project.tstar(['doctor', '--json'], { env });
    expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ what: 'runs', state: 'bad' }));
  });

  it('that cannot be looked into is none without runs to a plan', async () => {
    const home = join(project.folder, 'loop');
    await symlink(home, home);
    const answer = await project.tstar(['plan', 'effective-noise'], { env: { TSTAR_HOME: home } });
    expect(answer).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(`cannot read ${home}/store-id`) });
  });
});

describe('the working folder', () => {
  it('that is gone is said in a line', async () => {
    const folder = join(project.folder, 'gone');
    await mkdir(folder);
    const command = `rmdir "$PWD" && exec "$0" "$1" runs`;
    const child = spawn('/bin/sh', ['-c', command, process.execPath, PROGRAM], { cwd: folder, env: project.env });
    const line = 'the working folder is gone; change to a folder that is there (cd)\n';
    expect(await finish(child)).toEqual({ code: 2, stdout: '', stderr: line });
  });
});

describe.skipIf(!hasFull)(`standard output on a full disk${hasFull ? '' : ` (skipped: no ${FULL})`}`, () => {
  it.each([[['steps', '--json']], [['schema']], [['--help']]])('%j ends with 1 and says that it is not whole', async (args) => {
    const full = await open(FULL, 'w');
    const child = spawn(process.execPath, [PROGRAM, ...args], { env: project.env, stdio: ['ignore', full.fd, 'pipe'] });
    const { code, stderr } = await finish(child);
    await full.close();
    expect(stderr).toBe('standard output could not be written (ENOSPC): what was printed is not whole; make room, or send it elsewhere\n');
    expect(code).toBe(1);
  });
});

/** Where a file is in the way. */
async function belowFile(args: readonly string[]): Promise<Finished> {
  const file = join(project.folder, 'a-file');
  await writeFile(file, 'mine');
  const finished = await project.tstar(args);
  expect(await readFile(file, 'utf8')).toBe('mine');
  return finished;
}

describe.skipIf(!hasMirror)(`the output of a dashboard${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  beforeAll(() => makeStoredRun({ home: join(project.folder, '.tstar'), run: 'first' }));

  it.each([[['--out', 'a-file']], [['--out', 'a-file/below']], [['--figures', 'a-file']], [['--all', '--out', 'a-file']]])(
    '%j below a file is refused in a line that names it',
    async (args) => {
      const { code, stderr } = await belowFile(['dashboard', ...args]);
      expect(stderr).toMatch(/a-file\/.* cannot be written \(ENOTDIR\): name a file in a folder that you may write\n$/);
      expect(code).toBe(2);
    },
  );
});

describe('an output', () => {
  it('of init below a file is refused in a line that names it', async () => {
    const { code, stderr } = await belowFile(['init', 'a-file/mine.yaml']);
    expect(stderr).toMatch(/^\/.*a-file\/mine\.yaml cannot be written \(ENOTDIR\): name a file in a folder that you may write\n$/);
    expect(code).toBe(2);
  });

  it('takes the place of a file whole, and is written into what is no file', async () => {
    const path = join(project.folder, 'page.html');
    for (const content of ['first', 'second']) {
      expect(await writeWhole(path, content)).toBe(path);
      expect(await readFile(path, 'utf8')).toBe(content);
    }
    const link = join(project.folder, 'link.html');
    await symlink(path, link);
    await writeWhole(link, 'third');
    expect(await readFile(path, 'utf8')).toBe('third');
  });

  it('leaves a folder in its place, and no part of a file', async () => {
    const folder = join(project.folder, 'pages');
    await mkdir(join(folder, 'page.html'), { recursive: true });
    await expect(writeWhole(join(folder, 'page.html'), 'x')).rejects.toThrow('is there already and is left as it is (EISDIR)');
    await expect(writeNew(join(folder, 'page.html'), 'x')).rejects.toThrow(UserError);
    expect(await readdir(folder)).toEqual(['page.html']);
  });

  it.skipIf(!hasFull)('on a full disk is worth another try', async () => {
    const place = join(project.folder, 'full.html');
    await symlink(FULL, place);
    await expect(writeWhole(place, 'x')).rejects.toThrow(TransientError);
    await expect(writeWhole(place, 'x')).rejects.toThrow(`${place} cannot be written: the disk is full (ENOSPC); make room there`);
    await rm(place);
  });

  it.skipIf(process.platform !== 'linux')('is refused where no folder can be made (skipped: no /proc)', async () => {
    await expect(writeWhole('/proc/no-folder/page.html', 'x')).rejects.toThrow('/proc/no-folder/page.html cannot be written (ENOENT)');
  });
});
