// The completion scripts in the shells themselves; a shell that is not here is skipped by name.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeProject, type Project } from '../e2e/command.ts';

const PROGRAM = resolve(import.meta.dirname, '../../cli/tstar.mjs');
const isHere = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

let project: Project;
beforeAll(async () => {
  project = await makeProject();
  await mkdir(join(project.env.TSTAR_HOME!, 'runs', 'effective-noise-1'), { recursive: true });
  for (const shell of ['bash', 'zsh', 'fish'])
    await writeFile(join(project.folder, `tstar.${shell}`), (await project.tstar(['completion', shell])).stdout);
});
afterAll(() => project?.remove());

const CASES: readonly (readonly [string, readonly string[]])[] = [
  ['tstar dash', ['dashboard']],
  ['tstar run eff', ['effective-noise']],
  ['tstar dashboard --f', ['--figures']],
  ['tstar dashboard eff', ['effective-noise-1']],
  ['tstar dashboard x --compare eff', ['effective-noise-1']],
  ['tstar steps score-t', ['score-temperatures']],
  ['tstar models fe', ['fetch']],
  ['tstar models fetch smol', ['smollm2-135m-instruct']],
  ['tstar completion f', ['fish']],
  ['tstar --v', ['--version']],
  ['tstar cache explain --h', ['--help']],
  // A command that has the name of another.
  ['tstar cache diff eff', []],
];

function answers(shell: string, script: string): string[] {
  const text = execFileSync(shell, ['-c', script], { cwd: project.folder, env: project.env, encoding: 'utf8' });
  return text.split('\n').flatMap((line) => line.split('\t')[0] || []);
}

/** bash, and zsh in its emulation, hand the words over in an array. */
function throughBash(shell: string, line: string): string[] {
  const words = line.split(' ');
  return answers(
    shell,
    `${shell === 'zsh' ? 'autoload -U compinit bashcompinit; compinit -u -D; bashcompinit; setopt ksharrays shwordsplit; ' : ''}tstar() { '${process.execPath}' '${PROGRAM}' "$@"; }
. ./tstar.bash
COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _tstar; printf '%s\\n' "\${COMPREPLY[@]}"`,
  );
}

describe.each(['bash', 'zsh'].map((shell) => ({ shell, here: isHere(shell) })))('$shell', ({ shell, here }) => {
  it.skipIf(!here).each(CASES)(`completes %j${here ? '' : ` (skipped: no ${shell} here)`}`, (line, expected) => {
    // zsh takes what its compgen lists and keeps what begins with the word.
    const begun = line.slice(line.lastIndexOf(' ') + 1);
    expect(throughBash(shell, line).filter((word) => shell === 'bash' || word.startsWith(begun))).toEqual(expected);
  });

  it.skipIf(!here)('knows after its script, as a person loads it, what completes tstar', () => {
    const known = shell === 'bash' ? 'complete -p tstar' : 'print $_comps[tstar]';
    // Without the start-up files of this machine.
    const args = shell === 'bash' ? ['--norc', '-c'] : ['-f', '-c'];
    const { stdout, stderr } = spawnSync(shell, [...args, `eval "$(cat tstar.${shell})"; ${known}`], {
      cwd: project.folder,
      env: { ...project.env, HOME: project.folder },
      encoding: 'utf8',
    });
    expect([stdout, stderr]).toEqual([expect.stringContaining('-F _tstar'), '']);
  });
});

const fish = isHere('fish');
describe('fish', () => {
  it.skipIf(!fish).each(CASES)(`completes %j${fish ? '' : ' (skipped: no fish here)'}`, (line, expected) => {
    const script = `function tstar; '${process.execPath}' '${PROGRAM}' $argv; end; source ./tstar.fish; complete -C '${line}'`;
    expect(answers('fish', script)).toEqual(expected);
  });
});

describe('completion', () => {
  it('knows every command that help shows', async () => {
    const help = (await project.tstar(['--help'])).stdout;
    const commands = [...help.matchAll(/^ {2}([a-z]+) /gm)].map((match) => match[1]!).filter((name) => name !== 'help');
    expect(commands.length).toBeGreaterThan(15);
    const listed = (await project.tstar(['completion', 'bash'])).stdout.match(/'{2}\) kind=words; list='([^']*)'/)![1]!.split(' ');
    expect(listed).toEqual(commands);
  });

  it('says in its help how to install it, for every shell', async () => {
    const { stdout } = await project.tstar(['completion', '--help']);
    for (const shell of ['bash', 'zsh', 'fish']) expect(stdout).toContain(`tstar completion ${shell}`);
  });

  it('names the shells that there are', async () => {
    expect(await project.tstar(['completion', 'tcsh'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('bash, zsh, fish'),
    });
  });
});
