// A model's session process: it answers like the verbs in this process, dies at once when asked to, comes again after a
// crash, and never outlives its parent.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { TransientError, UserError } from '../../../formats/user-error.ts';
import { capture } from '../../../models/capture.ts';
import type { ModelSession } from '../../../models/engine.ts';
import { openForwardEngine } from '../../../models/forward-engine.ts';
import { openSession } from '../../../models/runtime/open-session.ts';
import { hasMirror, inMirror, NO_MIRROR } from '../../mirror.ts';
import { all, modelFiles, tinyFiles } from '../reference-model.ts';

const options = { precision: 'float32', device: 'cpu' } as const;
const built = resolve(import.meta.dirname, '../../../dist/models/runtime/open-session.js');
const lacks = hasMirror ? (existsSync(built) ? null : 'the built dist/ (npm run build)') : NO_MIRROR;

describe.skipIf(lacks !== null)(`a model session${lacks === null ? '' : ` (skipped: ${lacks})`}`, () => {
  let session: ModelSession | undefined;
  const open = (name = 'tiny-llama'): ModelSession => {
    session = openSession(tinyFiles(name), options);
    return session;
  };
  afterEach(() => session?.close());
  const prompts = [3, 1, 2].map((prompt) => ({ prompt, ids: [prompt, 5, 6, 7] }));
  const never = new AbortController().signal;
  /** Long enough that it is under way when it is stopped. */
  const long = {
    seed: 1,
    noise: 'shared' as const,
    groups: Array.from({ length: 4000 }, (_, draw) => ({ ...prompts[0]!, draw, scales: [0.1, 0.2] })),
  };

  it('answers as the verb does in this process, one call after another', async () => {
    const engine = await openForwardEngine(tinyFiles('tiny-llama'), options);
    const expected = await all(capture(engine, { prompts }));
    await engine.close();
    const opened = open();
    const notes: string[] = [];
    const calls = [1, 2].map(() => all(opened.capture({ prompts }, { signal: never, progress: (note) => notes.push(note) })));
    for (const answers of await Promise.all(calls)) expect(answers).toEqual(expected);
    expect(notes.at(-1)).toBe('3 of 3 prompts');
  });

  it('runs every verb', async () => {
    const opened = open('tiny-qwen2-bf16');
    const [state] = await all(opened.capture({ prompts: prompts.slice(0, 1) }, { signal: never }));
    const noisy = await all(
      opened.inject({ seed: 1, noise: 'shared', groups: [{ ...prompts[0]!, draw: 0, scales: [0, 0.1] }] }, { signal: never }),
    );
    expect(noisy[0]!.hiddenLast).toEqual(state!.hiddenLast);
    expect(noisy[1]!.hiddenLast).not.toEqual(state!.hiddenLast);
    const groups = [{ ...state!, draw: 0, noises: [0.5] }];
    const [scored] = await all(opened.score({ seed: 1, noise: 'shared', tBase: 0.8, temperatures: [0.8], groups }, { signal: never }));
    expect(scored!.alpha).toBeGreaterThan(0);
    const sequences = [{ ...prompts[0]!, temperature: 0 }];
    const [generated] = await all(opened.generate({ seed: 1, replicate: 0, maxNewTokens: 5, eosIds: [], sequences }, { signal: never }));
    expect(generated!.ids.length).toBe(5);
  });

  it('an abort ends the call at once, and the next call works', async () => {
    const opened = open();
    const controller = new AbortController();
    const answers = opened.inject(long, { signal: controller.signal });
    await answers[Symbol.asyncIterator]().next();
    const rest = all(answers);
    const began = Date.now();
    controller.abort(new Error('cancelled'));
    await expect(rest).rejects.toThrow('cancelled');
    expect(Date.now() - began).toBeLessThan(2000);
    expect((await all(opened.capture({ prompts }, { signal: never }))).length).toBe(3);
  });

  it('a crash is a TransientError, and the next call works', async () => {
    const opened = open();
    const answers = opened.inject(long, { signal: never })[Symbol.asyncIterator]();
    await answers.next();
    for (const child of childrenOf(process.pid)) process.kill(child, 'SIGKILL');
    const failure = (async () => {
      for (let i = 0; i < 10_000; i++) if ((await answers.next()).done === true) return;
    })();
    await expect(failure).rejects.toThrow(TransientError);
    await expect(failure).rejects.toThrow(/ended \(SIGKILL\) during inject/);
    expect((await all(opened.capture({ prompts }, { signal: never }))).length).toBe(3);
  });

  it('a native crash again and again is the model’s fault, and this process lives', async () => {
    const opened = open();
    const crash = async () => {
      const answers = all(opened.capture({ prompts }, { signal: never }));
      let [child] = childrenOf(process.pid);
      for (; child === undefined; [child] = childrenOf(process.pid)) await new Promise((done) => setTimeout(done, 5));
      process.kill(child, 'SIGSEGV');
      return answers.then(
        () => 'no error',
        ({ name, message }: Error) => `${name}: ${message}`,
      );
    };
    for (const _ of [1, 2]) expect(await crash()).toMatch(/^TransientError: the model's session process ended \(SIGSEGV\) during capture/);
    expect(await crash()).toMatch(
      /^UserError: \S+tiny-llama: the model's session process ended \(SIGSEGV\) during capture.*3 times in a row: ONNX Runtime cannot compute/,
    );
    expect((await all(opened.capture({ prompts }, { signal: never }))).length).toBe(3);
  });

  it('weights that are cut off under a running session end in an error that names them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tstar-cut-'));
    try {
      cpSync(inMirror('fixtures/tiny-llama'), folder, { recursive: true });
      chmodSync(join(folder, 'model.safetensors'), 0o644);
      session = openSession(modelFiles(folder), options);
      await all(session.capture({ prompts }, { signal: never }));
      truncateSync(join(folder, 'model.safetensors'), 8192);
      // The next graph is opened over the same file.
      await expect(all(session.inject({ ...long, groups: long.groups.slice(0, 1) }, { signal: never }))).rejects.toThrow(
        /^\S+: ONNX Runtime cannot load the model's graph: .*model\.\S+ .*file_length: 8192/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('what could not be opened is opened anew by the next call, once it is mended', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tstar-late-'));
    try {
      cpSync(inMirror('fixtures/tiny-llama'), folder, { recursive: true });
      const weights = join(folder, 'model.safetensors');
      session = openSession(modelFiles(folder), options);
      renameSync(weights, `${weights}.away`);
      await expect(all(session.capture({ prompts }, { signal: never }))).rejects.toThrow('model.safetensors');
      renameSync(`${weights}.away`, weights);
      expect((await all(session.capture({ prompts }, { signal: never }))).length).toBe(3);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('a closed one says so to the call under way and to those that wait, and starts no process again', async () => {
    const opened = open();
    const underWay = opened.inject(long, { signal: never });
    await underWay[Symbol.asyncIterator]().next();
    const calls = [all(underWay), all(opened.capture({ prompts }, { signal: never }))];
    const ends = Promise.allSettled(calls);
    await opened.close();
    for (const end of await ends)
      expect(end).toMatchObject({ reason: { name: 'TransientError', message: expect.stringContaining('was closed') } });
    expect(childrenOf(process.pid)).toEqual([]);
  });

  it('a call that was cancelled before it began does not wait for the one before', async () => {
    const opened = open();
    const underWay = opened.inject(long, { signal: never })[Symbol.asyncIterator]();
    await underWay.next();
    await expect(all(opened.capture({ prompts }, { signal: AbortSignal.abort(new Error('cancelled')) }))).rejects.toThrow('cancelled');
    expect((await underWay.next()).done).toBe(false);
  });

  it('Ctrl-C in a terminal, which goes to the whole group, leaves a call under way to its caller', async () => {
    const answers = open().inject(long, { signal: never })[Symbol.asyncIterator]();
    await answers.next();
    for (const child of childrenOf(process.pid)) process.kill(child, 'SIGINT');
    for (let i = 0; i < 200; i++) expect((await answers.next()).done).toBe(false);
  });

  it('bad input stays a UserError', async () => {
    const files = { ...tinyFiles('tiny-llama'), config: { model_type: 'mamba' } };
    session = openSession(files, options);
    await expect(all(session.capture({ prompts }, { signal: never }))).rejects.toThrow(UserError);
  });

  it('ends when its parent is killed', async () => {
    const script = `
      import { openSession } from ${JSON.stringify(built)};
      const session = openSession(${JSON.stringify(tinyFiles('tiny-llama'))}, ${JSON.stringify(options)});
      const signal = new AbortController().signal;
      const long = { ...${JSON.stringify({ ...long, groups: [] })}, groups: Array.from({ length: 4000 }, (_, draw) => ({ ...${JSON.stringify(long.groups[0])}, draw })) };
      for await (const answer of session.inject(long, { signal })) console.log(answer.draw);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((done) => parent.stdout.once('data', done));
    const children = childrenOf(parent.pid!);
    expect(children.length).toBe(1);
    parent.kill('SIGKILL');
    for (let i = 0; i < 40 && children.some(isAlive); i++) await new Promise((done) => setTimeout(done, 100));
    expect(children.filter(isAlive)).toEqual([]);
  });
});

function childrenOf(pid: number): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  const rows = lines.map((line) => line.trim().split(/\s+/));
  return rows
    .filter(([, parent, ...args]) => Number(parent) === pid && args.join(' ').includes('session-process'))
    .map(([child]) => Number(child));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z');
  } catch {
    return false;
  }
}
