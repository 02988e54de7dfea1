// docs/reference and the completion scripts against the program: what a command takes is said everywhere.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { steps as catalogue } from '../../activities/steps.ts';
import { completion } from '../../cli/completion.ts';
import { buildProgram } from '../../cli/program.ts';
import { referencePages } from '../../cli/reference.ts';
import { SETTINGS } from '../../cli/settings-list.ts';
import { documentStep } from '../../cli/step-docs.ts';
import { steps } from '../../cli/steps.ts';

const ROOT = resolve(import.meta.dirname, '../..');

describe('docs/reference', () => {
  it.each(Object.entries(referencePages()))('%s is what the program says (`npm run docs` writes it again)', (name, text) => {
    expect(readFileSync(join(ROOT, 'docs/reference', name), 'utf8')).toBe(text);
  });

  it('says something about every param, input, output and axis of every step', () => {
    const silent = catalogue
      .map(documentStep)
      .flatMap(({ name, params, inputs, outputs, axes }) => [
        ...[...params, ...inputs, ...outputs]
          .filter(({ description, type }) => description === '' || type === '')
          .map((field) => `${name}.${field.name}`),
        ...axes.filter(({ type }) => type === '').map((axis) => `${name} ${axis.name}`),
      ]);
    expect(silent).toEqual([]);
  });

  it('lists every setting that the code reads', () => {
    const sources = ['cli', 'temporal', 'activities', 'models', 'hub', 'artifacts'].flatMap((room) =>
      readdirSync(join(ROOT, room), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && entry.name !== 'settings-list.ts')
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')),
    );
    const read = new Set(sources.flatMap((text) => text.match(/\b(?:TSTAR|HF)_[A-Z_]+\b/g) ?? []));
    expect([...read].filter((name) => !SETTINGS.some((setting) => setting.name === name))).toEqual([]);
    expect(read.size).toBeGreaterThan(6);
  });
});

describe('tstar steps', () => {
  it('documents a step as JSON, Markdown and text with the same names', async () => {
    const json = JSON.parse(await printed(() => steps('score-temperatures', { json: true })));
    expect(json).toMatchObject({ name: 'score-temperatures', activity: 'scoreTemperatures', runsOn: 'tstar-cpu or tstar-cuda' });
    expect(json.axes.map(({ name }: { name: string }) => name)).toEqual(['prompt', 'draw', 'noise']);
    for (const form of [{}, { md: true }]) {
      const text = await printed(() => steps('score-temperatures', form));
      for (const { name, description } of [...json.params, ...json.inputs, ...json.outputs]) {
        expect(text).toContain(name);
        expect(text).toContain(description);
      }
    }
  });

  it('lists all of them', async () => {
    const listed = await printed(() => steps(undefined));
    for (const { name, summary } of catalogue)
      expect(listed).toMatch(new RegExp(`^ {2}${name} .*${summary.replace(/[()*+^$.?|[\]\\]/g, '\\$&')}$`, 'm'));
    expect(JSON.parse(await printed(() => steps(undefined, { json: true })))).toHaveLength(catalogue.length);
  });
});

describe('completion scripts', () => {
  it.each(['bash', 'zsh', 'fish'])('%s knows every command and every option', async (shell) => {
    const program = buildProgram(() => undefined);
    const script = await printed(() => completion(shell, program));
    const missing = program.commands.flatMap((command) =>
      [command, ...command.commands].flatMap(({ options, name }) =>
        [
          name.call(command),
          ...options.filter(({ hidden }) => !hidden).map(({ long }) => (shell === 'fish' ? long!.slice(2) : long!)),
        ].filter((word) => !script.includes(word)),
      ),
    );
    expect(missing).toEqual([]);
  });
});

/** What a command writes on stdout. */
async function printed(command: () => Promise<number>): Promise<string> {
  let text = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  try {
    expect(await command()).toBe(0);
  } finally {
    spy.mockRestore();
  }
  return text;
}
