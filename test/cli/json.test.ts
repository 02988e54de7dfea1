// `--json` is for programs: whatever a command is given and whatever comes of it, stdout is one JSON document.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorDocument, errorText, Interrupted } from '../../cli/error-document.ts';
import { buildProgram } from '../../cli/program.ts';
import { errorLine, TransientError, UserError } from '../../formats/user-error.ts';
import { makeProject, type Project } from '../e2e/command.ts';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import { makeStoredRun, type StoredRun } from './stored-run.ts';

let project: Project;
beforeAll(async () => {
  project = await makeProject();
});
afterAll(() => project.remove());

/** Every command with `--json`, as its words and the names of the operands that it needs. */
function commandsWithJson(command: Command, words: readonly string[] = []): { words: string[]; operands: string[] }[] {
  const operands = command.registeredArguments.filter(({ required }) => required).map((argument) => argument.name());
  const own = command.options.some(({ long }) => long === '--json') ? [{ words: [...words], operands }] : [];
  return [...own, ...command.commands.flatMap((sub) => commandsWithJson(sub, [...words, sub.name()]))];
}
const commands = commandsWithJson(buildProgram(() => undefined)).map((command) => ({ ...command, name: command.words.join(' ') }));

describe.concurrent('in an empty folder', () => {
  it.each(commands)('tstar $name --json, of what is not there', async ({ words, operands }) => {
    const { code, stdout, stderr } = await project.tstar([...words, ...operands.map(() => 'no-such-thing'), '--json']);
    const document = JSON.parse(stdout);
    if (code === 0) expect(document).not.toHaveProperty('error');
    // The same words that people read.
    else if (document.error !== undefined) for (const problem of document.error.problems) expect(stderr).toContain(errorLine(problem));
    expect([0, 1, 2]).toContain(code);
    if (operands.length > 0) expect(document.error).toMatchObject({ problems: [{}] });
  });
});

describe.skipIf(!hasMirror)(`of what is there${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  let stored: StoredRun;
  let full: Project;
  beforeAll(async () => {
    full = await makeProject();
    stored = await makeStoredRun({ home: full.env.TSTAR_HOME!, run: 'first' });
    await writeFile(join(full.folder, 'talks.mjs'), 'console.log("a step module that talks");\nexport const nothing = 1;\n');
  });
  afterAll(() => full?.remove());

  /** What makes each command succeed without a server. */
  const given: Readonly<Record<string, () => readonly string[]>> = {
    plan: () => ['effective-noise'],
    validate: () => ['effective-noise'],
    runs: () => [],
    show: () => ['first'],
    diff: () => ['first', 'first'],
    watch: () => ['first'],
    schedule: () => ['effective-noise', '--every', '1d', '--print'],
    repro: () => ['first', 'noisy', '--cell', 'scale=0.1,prompt=0,draw=0'],
    'models sites': () => ['hf:fixtures/tiny-llama'],
    'cache ls': () => [],
    'cache explain': () => [stored.manifests[0]!.key],
    'cache diff': () => [stored.manifests[0]!.key, stored.manifests[1]!.key],
    'cache verify': () => [],
    'cache gc': () => ['--keep-runs', '1'],
  };
  /** These succeed in an empty folder; `run` needs a server: test/e2e/study.test.ts reads its document. */
  const ELSEWHERE = ['steps', 'doctor', 'run'];

  it('has an example of every command', () => {
    expect([...Object.keys(given), ...ELSEWHERE].sort()).toEqual(commands.map(({ name }) => name).sort());
  });

  it.concurrent.each(Object.entries(given))('tstar %s --json', async (name, operands) => {
    const { code, stdout, stderr } = await full.tstar([...name.split(' '), ...operands(), '--json']);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).not.toHaveProperty('error');
  });

  it('is kept from what a step module logs', async () => {
    const { code, stdout, stderr } = await full.tstar(['steps', '--steps', 'talks.mjs', '--json']);
    expect([code, JSON.parse(stdout).error.problems[0].what]).toEqual([2, expect.stringContaining('exports no step')]);
    expect(stderr).toContain('a step module that talks');
  });
});

it('knows a wrong use of a command', async () => {
  const { code, stdout } = await project.tstar(['plan', '--json', '--no-such-option']);
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toEqual({
    error: { kind: 'usage', problems: [{ what: "unknown option '--no-such-option'", where: null, hint: null }] },
  });
});

it('has the parts of what is wrong with a pipeline', async () => {
  await writeFile(join(project.folder, 'wrong.yaml'), 'name: wrong\nsteps:\n  a: { usess: load-dataset, uses: load-dataset }\n');
  const { code, stdout, stderr } = await project.tstar(['validate', 'wrong.yaml', '--json']);
  const { error } = JSON.parse(stdout);
  const [first] = error.problems;
  expect([code, error.kind, first]).toEqual([
    2,
    'input',
    {
      what: 'there is no key "usess" here',
      where: 'wrong.yaml:3:8: steps.a.usess',
      hint: 'did you mean uses? (allowed: uses, with, matrix)',
    },
  ]);
  // Not on a terminal: a line.
  expect(stderr.split('\n')[0]).toBe(`${first.where}: ${first.what}; ${first.hint}`);
});

describe('errors', () => {
  const parts = { what: 'is 0, expected an integer (at least 1)', where: 'param drawCount', hint: null };

  it.each([
    [new UserError('no such run'), 'input', 2],
    [new TransientError('the hub is silent'), 'world', 1],
    [new Interrupted('kept'), 'interrupted', 130],
    [new TypeError('x is undefined'), 'bug', 1],
  ])('%s has its kind and exit code', (thrown, kind, code) => {
    expect(errorDocument(thrown)).toMatchObject({ error: { kind }, code });
  });

  it('stand in a line, on a terminal in a line per part', () => {
    const { error } = errorDocument(new UserError([parts, { ...parts, hint: 'give it with --set drawCount=1' }]));
    expect(errorText(error)).toBe(
      'param drawCount: is 0, expected an integer (at least 1)\nparam drawCount: is 0, expected an integer (at least 1); give it with --set drawCount=1',
    );
    expect(errorText(error, { isTTY: true })).toBe(
      'error: is 0, expected an integer (at least 1)\n  at param drawCount\nerror: is 0, expected an integer (at least 1)\n  at param drawCount\n  hint: give it with --set drawCount=1',
    );
    expect(errorText(errorDocument(new UserError('no such run: tstar runs lists them')).error, { isTTY: true })).toBe(
      'no such run: tstar runs lists them',
    );
  });
});
