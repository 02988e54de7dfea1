// docs/reference: the pages that are made from the program itself. `npm run docs` writes them, a test holds them to the code.
import type { Command } from 'commander';
import type { z } from 'zod';
import { steps } from '../activities/steps.ts';
import { expectedWords } from '../pipelines/expected.ts';
import { eventSchema } from './events.ts';
import { markdownTable } from './markdown.ts';
import { buildProgram } from './program.ts';
import { SETTINGS } from './settings-list.ts';
import { documentStep, stepMarkdown } from './step-docs.ts';

const MADE = '<!-- Made by `npm run docs`; do not edit. -->';

/** The pages by file name. */
export function referencePages(): Readonly<Record<string, string>> {
  return { 'steps.md': stepsPage(), 'commands.md': commandsPage(), 'settings.md': settingsPage(), 'events.md': eventsPage() };
}

function stepsPage(): string {
  const documents = steps.map(documentStep);
  const list = documents.map(({ name, summary, runsOn }) => [`[${name}](#${name})`, runsOn === 'tstar' ? 'light' : 'cpu or cuda', summary]);
  const intro = 'What pipelines are made of. `tstar steps STEP` says the same in the terminal, `--json` for programs.';
  return page('Steps', [intro, markdownTable(['step', 'runs on', 'what it does'], list), ...documents.map((step) => stepMarkdown(step))]);
}

function commandsPage(): string {
  const commands = leavesOf(buildProgram(() => undefined));
  const intro =
    'Data goes to stdout, text for people to stderr; `--json` prints one JSON document. Exit 0 done, 1 failed run, 2 bad usage or spec, 130 interrupted (the run is kept).';
  return page('Commands', [intro, ...commands.map(commandSection)]);
}

function settingsPage(): string {
  const rows = SETTINGS.map(({ name, default: standard, description }) => [`\`${name}\``, standard, description]);
  const intro = 'Environment variables. An empty one counts as unset; a wrong one is refused with its name.';
  return page('Settings', [intro, markdownTable(['setting', 'default', 'what it is'], rows)]);
}

function eventsPage(): string {
  const intro =
    'What `tstar run --json-events` and `tstar watch --json-events` print: one JSON object a line. Every one has `event`, `time` and `run`. `tstar schema --events` says the same to programs. New kinds and keys may be added: readers skip what they do not know.';
  const common = Object.entries(eventSchema.options[0].shape).filter(([key]) => COMMON_KEYS.includes(key));
  const rest = eventSchema.options.map(({ shape, description }) => {
    const own = Object.entries(shape).filter(([key]) => !COMMON_KEYS.includes(key));
    return [`## ${shape.event.value}`, ...(description === undefined ? [] : [sentence(description)]), keysTable(own)].join('\n\n');
  });
  return page('Events', [intro, keysTable(common.filter(([key]) => key !== 'event')), ...rest]);
}

const COMMON_KEYS: readonly string[] = ['event', 'time', 'run'];

function keysTable(keys: readonly (readonly [string, z.ZodType])[]): string {
  return markdownTable(
    ['key', 'value', 'what it is'],
    keys.map(([key, schema]) => [`\`${key}\``, expectedWords(schema), schema.description ?? '']),
  );
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}

interface Leaf {
  readonly path: string;
  readonly command: Command;
}

function leavesOf(command: Command, path = 'tstar'): Leaf[] {
  return command.commands.flatMap((child) => {
    const own = `${path} ${child.name()}`;
    return child.commands.length > 0 ? leavesOf(child, own) : [{ path: own, command: child }];
  });
}

function commandSection({ path, command }: Leaf): string {
  const words = command.registeredArguments.map((argument) => (argument.required ? `<${argument.name()}>` : `[${argument.name()}]`));
  const options = command.options.filter(({ hidden }) => !hidden);
  const rows = options.map(({ flags, description }) => [`\`${flags}\``, description]);
  const table = rows.length === 0 ? [] : [markdownTable(['option', 'what it does'], rows)];
  return [`## ${path}`, `\`${[path, ...words].join(' ')}\`: ${command.description()}.`, ...table].join('\n\n');
}

function page(title: string, parts: readonly string[]): string {
  return `${[`# ${title}`, MADE, ...parts].join('\n\n')}\n`;
}
