// A mirror that is a folder: files are used where they lie and are checked; then with the real mirror where one is configured.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { questionHub } from '../../datasets/question-hub.ts';
import { createHub } from '../../hub/create-hub.ts';
import type { Hub, HubFile } from '../../hub/hub.ts';
import { hasMirror, inMirror } from '../mirror.ts';
import { sha256Of } from './fake-hub.ts';

const signal = new AbortController().signal;
const file: HubFile = { kind: 'dataset', repository: 'openai/gsm8k', revision: 'main', path: 'main/test.parquet' };
const bytes = Buffer.from('PAR1');
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tstar-mirror-'));
  write(join(root, 'second/datasets/openai/gsm8k/main/test.parquet'), bytes);
  write(join(root, 'second/owner/name/config.json'), Buffer.from('{}'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('a mirror folder', () => {
  it('gives its files where they lie, without the network', async () => {
    expect(await open().fetchFile(file, { signal })).toEqual({
      file: join(root, 'second/datasets/openai/gsm8k/main/test.parquet'),
      origin: `mirror folder ${join(root, 'second')}`,
    });
    expect(await open().locate(file, { signal })).toBe(`mirror folder ${join(root, 'second')}`);
  });

  it('is checked against what the caller knows, and never changed', async () => {
    const known = { ...file, sha256: sha256Of(bytes), sizeBytes: 4 };
    expect(await open().fetchFile(known, { signal })).toMatchObject({ sha256: sha256Of(bytes) });
    await expect(open().fetchFile({ ...known, sha256: 'f'.repeat(64) }, { signal })).rejects.toThrow(
      `mirror folder ${join(root, 'second')}: wrong bytes: expected SHA-256 ${'f'.repeat(64)}, found ${sha256Of(bytes)}`,
    );
    await expect(open().locate({ ...known, sizeBytes: 5 }, { signal })).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining('wrong size: expected 5 bytes, found 4'),
    });
    expect(readFileSync(join(root, 'second/datasets/openai/gsm8k/main/test.parquet'))).toEqual(bytes);
  });

  it('lists a repository', async () => {
    expect(await open().listFiles({ kind: 'dataset', repository: 'openai/gsm8k', revision: 'main' }, { signal })).toEqual([
      { path: 'main/test.parquet', sizeBytes: 4 },
    ]);
  });

  it('serves the datasets', async () => {
    const questions = questionHub(open());
    const { repository, revision, path } = file;
    expect(await questions.fetch({ repository, revision, path }, { signal })).toBe(
      join(root, 'second/datasets/openai/gsm8k/main/test.parquet'),
    );
    expect(await questions.locate({ repository, revision, path }, { signal })).toContain('mirror folder');
  });

  it('without the file, and no network: every source is named, each with its reason', async () => {
    await expect(open().fetchFile({ ...file, path: 'main/train.parquet' }, { signal })).rejects.toMatchObject({
      name: 'TransientError',
      message: `dataset openai/gsm8k@main main/train.parquet: cannot be had now: mirror folder ${join(root, 'first')}: no such file; mirror folder ${join(root, 'second')}: no such file; hub https://hub.invalid: cannot be reached (ENOTFOUND); check the network, or set TSTAR_MIRRORS to a folder that has it`,
    });
  });
});

describe.skipIf(!hasMirror)('the configured mirror', () => {
  it('has questions and models', async () => {
    const hub = open([inMirror()]);
    const model = { kind: 'model', repository: 'fixtures/tiny-llama', revision: 'main' } as const;
    const { file: config } = await hub.fetchFile({ ...model, path: 'config.json' }, { signal });
    expect(JSON.parse(readFileSync(config, 'utf8'))).toMatchObject({ model_type: 'llama' });
    expect((await hub.listFiles(model, { signal })).map(({ path }) => path)).toContain('model.safetensors');
    expect(await hub.locate({ ...file, path: 'main/test-00000-of-00001.parquet' }, { signal })).toBe(`mirror folder ${inMirror()}`);
  });
});

function open(mirrors = [join(root, 'first'), join(root, 'second')]): Hub {
  const unreachable = () => Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error('no'), { code: 'ENOTFOUND' }) }));
  const settings = { mirrors, endpoint: 'https://hub.invalid', token: undefined, cacheFolder: join(root, 'cache') };
  return createHub({ ...settings, fetch: unreachable, log: () => {} });
}

function write(path: string, content: Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
