// `--json` is for programs: whatever a command is given and whatever comes of it, stdout is one JSON document.
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildProgram } from '../../cli/program.ts';
import { makeProject, type Project } from '../e2e/command.ts';

let project: Project;
beforeAll(async () => {
  project = await makeProject();
});
afterAll(() => project.remove());

/** Every command with `--json`, as its words, with something for each operand that is not there. */
function commandsWithJson(command: Command, words: readonly string[] = []): string[][] {
  const own = command.options.some(({ long }) => long === '--json')
    ? [[...words, ...command.registeredArguments.filter(({ required }) => required).map(() => 'no-such-thing')]]
    : [];
  return [...own, ...command.commands.flatMap((sub) => commandsWithJson(sub, [...words, sub.name()]))];
}

describe.concurrent('in an empty folder', () => {
  const commands = commandsWithJson(buildProgram(() => undefined));

  it.each(commands.map((words) => [words.join(' '), words] as const))('tstar %s --json', async (_, words) => {
    const { code, stdout, stderr } = await project.tstar([...words, '--json']);
    const document = JSON.parse(stdout);
    if (code === 0) expect(document).not.toHaveProperty('error');
    // The same words that people read.
    else if (document.error !== undefined) for (const problem of document.error.problems) expect(stderr).toContain(problem);
    expect([0, 1, 2]).toContain(code);
  });
});

it('says what kind of failure it was', async () => {
  const { code, stdout } = await project.tstar(['show', 'no-such-run', '--json']);
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toEqual({ error: { kind: 'input', problems: [expect.stringMatching(/^run no-such-run has no record in /)] } });
});

it('knows a wrong use of a command', async () => {
  const { code, stdout } = await project.tstar(['plan', '--json', '--no-such-option']);
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toEqual({ error: { kind: 'usage', problems: ["unknown option '--no-such-option'"] } });
});
