// `tstar completion SHELL`: a completion script made from the program itself, so that it knows every command and option.
// Pipelines, steps and models are written into it; run ids are asked for when a key is pressed (`tstar completion runs`).
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Argument, Command, Option } from 'commander';
import { UserError } from '../formats/user-error.ts';
import { listPipelines } from '../pipelines/find-pipeline.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

export async function completion(shell: string, program: Command): Promise<number> {
  if (shell === 'runs') process.stdout.write((await runNames()).map((run) => `${run}\n`).join(''));
  else process.stdout.write(await script(shell, program));
  return 0;
}

async function script(shell: string, program: Command): Promise<string> {
  const commands = shapesOf(program);
  const words = await knownWords();
  switch (shell) {
    case 'bash':
      return bash(commands, words);
    case 'zsh':
      // zsh's own emulation of bash completion: one script to keep right.
      return `(( \${+functions[compdef]} )) || { autoload -U +X compinit && compinit; }\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands, words)}`;
    case 'fish':
      return fish(commands, words);
    default:
      throw new UserError(`there is no completion for ${shell}: ${SHELLS.join(', ')}`);
  }
}

/** What a word may be. */
type Kind = 'pipeline' | 'run' | 'step' | 'model' | 'shell' | 'file' | 'folder' | 'queue' | 'none';

interface CommandShape {
  /** `run`, `models fetch` */
  readonly path: string;
  readonly description: string;
  readonly options: readonly { readonly long: string; readonly description: string; readonly takes: Kind | undefined }[];
  readonly takes: Kind;
}

function shapesOf(program: Command, path = ''): CommandShape[] {
  // Hidden options are for the program's own calls.
  return program.commands.flatMap((command) => {
    const own = `${path}${command.name()}`;
    const options = command.options.filter(({ hidden }) => !hidden);
    return [
      {
        path: own,
        description: command.description(),
        options: options.map((option) => ({ long: option.long!, description: option.description, takes: optionKind(option) })),
        takes: command.registeredArguments[0] === undefined ? 'none' : kindOf(command.registeredArguments[0]),
      },
      ...shapesOf(command, `${own} `),
    ];
  });
}

function optionKind({ flags }: Option): Kind | undefined {
  const name = flags.match(/<(\w+)/)?.[1];
  return name === undefined ? undefined : flags.startsWith('--queue') ? 'queue' : kindNamed(name);
}

function kindOf(argument: Argument): Kind {
  return kindNamed(argument.name());
}

function kindNamed(name: string): Kind {
  return (['pipeline', 'run', 'step', 'model', 'shell', 'file', 'folder'] as const).find((kind) => kind === name) ?? 'none';
}

type Words = Readonly<Record<'pipeline' | 'step' | 'model' | 'shell' | 'queue', readonly string[]>>;

async function knownWords(): Promise<Words> {
  const { knownSteps } = await import('./known-steps.ts');
  const { modelCatalog } = await import('../models/catalog.ts');
  return {
    pipeline: await listPipelines(),
    step: (await knownSteps()).map(({ name }) => name),
    model: Object.keys(modelCatalog),
    shell: SHELLS,
    queue: ['tstar', 'tstar-cpu', 'tstar-cuda'],
  };
}

/** Folders of the store's runs, the latest names first. Opens no store: pressing a key must make nothing. */
async function runNames(): Promise<readonly string[]> {
  const { findHome } = await import('../temporal/home.ts');
  const folders = await readdir(join(findHome(), 'runs')).catch((): string[] => []);
  return folders.map((folder) => decodeURIComponent(folder)).reverse();
}

function bash(commands: readonly CommandShape[], words: Words): string {
  const quoted = (list: readonly string[]) => `'${list.join(' ')}'`;
  const optionValues = commands.flatMap(({ path, options }) =>
    options.flatMap(({ long, takes }) => (takes === undefined ? [] : [`    '${path} ${long}') kind=${takes} ;;`])),
  );
  const plain = commands.map(({ path, takes, options }) => {
    const subcommands = commands.filter((other) => other.path.startsWith(`${path} `)).map((other) => other.path.slice(path.length + 1));
    const [kind, list] = subcommands.length > 0 ? ['words', subcommands] : [takes, []];
    return `    '${path}') kind=${kind}; list=${quoted(list)}; options=${quoted([...options.map(({ long }) => long), '--help'])} ;;`;
  });
  const top = commands.filter(({ path }) => !path.includes(' ')).map(({ path }) => path);
  return `# Completion of tstar, made by \`tstar completion\`.
_tstar() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="" kind="" list="" options="" i
  for (( i = 1; i < COMP_CWORD; i++ )); do
    case "\${COMP_WORDS[i]}" in
      -*) ;;
      *) if [ -z "$command" ]; then command="\${COMP_WORDS[i]}"
         else case "$command" in ${groupsOf(commands).join('|')}) command="$command \${COMP_WORDS[i]}" ;; esac; break
         fi ;;
    esac
  done
  case "$command" in
    '') kind=words; list=${quoted(top)}; options='--help --version' ;;
${plain.join('\n')}
  esac
  case "$current" in -*) kind=words; list="$options" ;; esac
  case "$command $previous" in
${optionValues.join('\n')}
  esac
  case "$kind" in
    words) COMPREPLY=( $(compgen -W "$list" -- "$current") ) ;;
    run) COMPREPLY=( $(compgen -W "$(tstar completion runs 2>/dev/null)" -- "$current") ) ;;
    pipeline) COMPREPLY=( $(compgen -W ${quoted(words.pipeline)} -- "$current") $(compgen -f -- "$current") ) ;;
${(['step', 'model', 'shell', 'queue'] as const).map((kind) => `    ${kind}) COMPREPLY=( $(compgen -W ${quoted(words[kind])} -- "$current") ) ;;`).join('\n')}
    file) COMPREPLY=( $(compgen -f -- "$current") ) ;;
    folder) COMPREPLY=( $(compgen -d -- "$current") ) ;;
    *) COMPREPLY=() ;;
  esac
}
complete -F _tstar tstar
`;
}

function fish(commands: readonly CommandShape[], words: Words): string {
  const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const values = (kind: Kind): string => {
    switch (kind) {
      case 'run':
        return "-x -a '(tstar completion runs 2>/dev/null)'";
      case 'folder':
        return "-x -a '(__fish_complete_directories)'";
      case 'file':
        return '-r -F';
      case 'none':
        return '-x';
      case 'pipeline':
        return `-r -F -a ${quote(words.pipeline.join(' '))}`;
      default:
        return `-x -a ${quote(words[kind].join(' '))}`;
    }
  };
  const at = (path: string) => `complete -c tstar -n ${quote(`__tstar_at ${path}`.trimEnd())}`;
  const option = (long: string, takes: Kind | undefined, description: string) =>
    `-l ${long.slice(2)} ${takes === undefined ? '' : `${values(takes)} `}-d ${quote(description)}`;
  const lines = commands.flatMap(({ path, description, options, takes }) => {
    const [first, second] = path.split(' ') as [string, string?];
    return [
      `${at(second === undefined ? '' : first)} -x -a ${second ?? first} -d ${quote(description)}`,
      ...(takes === 'none' ? [] : [`${at(path)} ${values(takes)}`]),
      ...options.map((own) => `${at(path)} ${option(own.long, own.takes, own.description)}`),
    ];
  });
  return `# Completion of tstar, made by \`tstar completion\`.
# Whether the words before the cursor name this command, and none below it.
function __tstar_at
  set -l words (string match -v -- '-*' (commandline -opc)[2..])
  contains -- "$words[1]" ${groupsOf(commands).join(' ')}; or set words $words[1]
  test "$words[1..2]" = "$argv"
end
complete -c tstar -f
complete -c tstar ${option('--help', undefined, 'what a command does and takes')}
${at('')} ${option('--version', undefined, 'the version of tstar')}
${lines.join('\n')}
`;
}

/** Commands that have commands: models, cache. */
function groupsOf(commands: readonly CommandShape[]): readonly string[] {
  return [...new Set(commands.filter(({ path }) => path.includes(' ')).map(({ path }) => path.split(' ')[0]!))];
}
