// What README and docs show against the program: every command in a block of shell parses with its options, names a pipeline that is
// shipped and params that it has; the tutorial's tables are what `tstar show` prints of the run that they were taken from.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { steps } from '../../activities/steps.ts';
import { runRecordSchema } from '../../artifacts/run-record.ts';
import { buildProgram } from '../../cli/program.ts';
import { renderResults } from '../../cli/results-text.ts';
import { viewNames } from '../../dashboards/view-names.ts';
import { listPipelines, readShippedPipeline } from '../../pipelines/find-pipeline.ts';
import { linkSpec } from '../../pipelines/link.ts';
import { resolveParams } from '../../pipelines/params.ts';
import { unitCount } from '../../pipelines/plan.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const FILES = ['README.md', ...readdirSync(join(ROOT, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : []))];

interface Block {
  readonly language: string;
  readonly lines: readonly string[];
}

function blocksOf(file: string): Block[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, language, body]) => ({
    language: language!,
    lines: body!.split('\n').filter((line) => line.trim() !== ''),
  }));
}

const commands = FILES.flatMap((file) =>
  blocksOf(file)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ lines }) => lines.map((line) => ({ file, line: line.replace(/(^|\s)#.*$/, '').trim() }))),
).filter(({ line }) => line !== '');
const ours = commands.filter(({ line }) => line.startsWith('npx tstar '));

describe('commands in README and docs', () => {
  it('are there', () => expect(ours.length).toBeGreaterThan(40));

  it.each(ours)('$file: $line', async ({ line }) => {
    const called = await parsed(wordsOf(line).slice(2));
    const [pipeline] = called.args;
    if (!['run', 'plan'].includes(called.name()) || pipeline === undefined) return;
    if (pipeline.endsWith('.yaml')) {
      expect(pipeline.startsWith('examples/') ? existsSync(join(ROOT, pipeline)) : /my-experiment|mine/.test(pipeline)).toBe(true);
      return;
    }
    expect(await listPipelines()).toContain(pipeline);
    const { spec } = await readShippedPipeline(pipeline);
    expect(resolveParams(spec!, { sets: called.opts().set }).problems).toBeUndefined();
  });

  it('name scripts of npm that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const run = commands.flatMap(({ line }) => [...line.matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1]!));
    expect(run.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

describe('the tutorial', () => {
  const blocks = blocksOf('docs/tutorial.md');

  it('prints the tables of the recorded run', () => {
    const record = runRecordSchema.parse(JSON.parse(readFileSync(new URL('./tutorial-run.json', import.meta.url), 'utf8')));
    const printed = renderResults(record);
    const shown = blocks.filter(({ language }) => language === 'text show');
    expect(shown).toHaveLength(4);
    for (const { lines } of shown) expect(printed).toContain(lines.join('\n'));
  });

  it('plans the steps and units that the pipeline has', async () => {
    const { spec } = await readShippedPipeline('effective-noise');
    const { params } = resolveParams(spec!, { sets: ['headScales=0.05,0.075,0.1,0.2,0.5,0.75,1'] });
    const { linked } = linkSpec(spec!, { params: params!, steps, views: viewNames });
    const [plan] = blocks.filter(({ language }) => language === 'text plan');
    const rows = plan!.lines.slice(2, -1).map((line) => line.trim().split(/ {2,}/));
    expect(rows.map(([id, step, , units]) => [id, step, Number(units)])).toEqual(
      linked!.nodes.map((node) => [node.id, node.step.name, unitCount(node)]),
    );
  });
});

/** The command that the program would run; throws what it would print where it takes no such words. */
async function parsed(words: readonly string[]): Promise<Command> {
  const program = buildProgram(() => undefined);
  let called: Command | undefined;
  const watch = (command: Command): void => {
    command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
    if (command.commands.length === 0) {
      command.action(() => {
        called = command;
      });
    }
    for (const child of command.commands) watch(child);
  };
  watch(program);
  const before = process.env.TSTAR_STEPS;
  await program.parseAsync([...words], { from: 'user' });
  if (before === undefined) delete process.env.TSTAR_STEPS;
  else process.env.TSTAR_STEPS = before;
  return called!;
}

/** As a shell takes them apart: quotes, and nothing after a pipe or a redirection. */
function wordsOf(line: string): string[] {
  const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, plain]) => single ?? double ?? plain!);
  const end = words.findIndex((word) => ['>', '|', '&&'].includes(word));
  return end < 0 ? words : words.slice(0, end);
}
