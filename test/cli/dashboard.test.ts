// `tstar dashboard` on records in a store, without a server: what it writes, and what it says where it cannot.
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { putRunRecord } from '../../artifacts/run-index.ts';
import { openFolderStore } from '../../artifacts/stores/folder.ts';
import { failedRun, fixtureRun } from '../dashboards/fixture.ts';
import { finish, makeProject, type Project } from '../e2e/command.ts';

const { record } = fixtureRun();
const failed = { ...failedRun().record, run: 'a failed/run' };
let project: Project;

beforeAll(async () => {
  project = await makeProject();
  const store = await openFolderStore(project.env.TSTAR_HOME!, { warn: () => {} });
  await putRunRecord(store, record);
  await putRunRecord(store, failed);
});
afterAll(() => project?.remove());

describe('dashboard --all', () => {
  it('writes an index whose links all lead to a page', async () => {
    const { code, stdout, stderr } = await project.tstar(['dashboard', '--all', '--out', 'site']);
    expect(code, stderr).toBe(0);
    expect(stdout).toBe(`${join(project.folder, 'site', 'index.html')}\n`);
    const index = await readFile(stdout.trim(), 'utf8');
    const links = [...index.matchAll(/href="(runs\/[^"]*)"/g)].map((match) => match[1]!);
    expect(links).toHaveLength(2);
    for (const link of links) expect(await readFile(join(project.folder, 'site', link), 'utf8')).toContain('All runs');
    expect(await readdir(join(project.folder, 'site', 'runs'))).toHaveLength(2);
  });

  it('says what it needs', async () => {
    const bare = await project.tstar(['dashboard', '--all']);
    expect(bare).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--out site') });
    const both = await project.tstar(['dashboard', record.run, '--all', '--out', 'site']);
    expect(both).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('leave out one') });
  });
});

it('writes figures and tables as files with --figures, and prints their paths', async () => {
  const { code, stdout, stderr } = await project.tstar(['dashboard', record.run, '--figures', 'pictures']);
  expect(code, stderr).toBe(0);
  const written = (await readdir(join(project.folder, 'pictures'))).sort();
  expect(
    stdout
      .trim()
      .split('\n')
      .map((path) => basename(path))
      .sort(),
  ).toEqual(written);
  for (const name of ['t-star.svg', 't-star.png', 't-star.linear.svg', 't-star.csv', 'summary.csv']) expect(written).toContain(name);
});

describe('dashboard --compare', () => {
  it('draws other runs beside the first', async () => {
    const { code, stdout, stderr } = await project.tstar(['dashboard', record.run, '--compare', failed.run]);
    expect(code, stderr).toBe(0);
    expect(basename(stdout.trim())).toBe('comparison.html');
    expect(await readFile(stdout.trim(), 'utf8')).toContain('id="compared-runs"');
  });

  it.each([
    [[record.run], 'with itself'],
    [['a', 'b', 'c', 'd'], 'at most 3'],
    [['nowhere'], 'nowhere has no record'],
  ])('%j: says what is wrong', async (others, message) => {
    const answer = await project.tstar(['dashboard', record.run, '--compare', ...others]);
    expect(answer).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
  });
});

it('writes all of them where whoever reads their paths has gone', async () => {
  const child = project.start(['dashboard', record.run, '--figures', 'unread']);
  child.stdout!.destroy();
  const { code, stderr } = await finish(child);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(await readdir(join(project.folder, 'unread'))).toEqual(await readdir(join(project.folder, 'pictures')));
});
