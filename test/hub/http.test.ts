// Downloads over HTTP against a server that behaves like the hub: what is fetched, how many bytes, what is said. Nothing
// here measures time.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CreateHubOptions } from '../../hub/create-hub.ts';
import { createHub } from '../../hub/create-hub.ts';
import type { HubFile } from '../../hub/hub.ts';
import { answerStatus, breakAfter, type FakeHub, sha256Of, startFakeHub, stayOpen } from './fake-hub.ts';

const signal = new AbortController().signal;
const small: HubFile = { kind: 'model', repository: 'owner/name', revision: 'main', path: 'folder/config.json' };
const large: HubFile = { kind: 'model', repository: 'owner/name', revision: 'main', path: 'model.safetensors' };
const smallBytes = Buffer.from('{"model_type":"llama"}');
const largeBytes = randomBytes(300_000);

let server: FakeHub;
let cacheFolder: string;
let logged: string[];

beforeEach(async () => {
  server = await startFakeHub();
  server.files.set('/owner/name/resolve/main/folder/config.json', smallBytes);
  server.large.set('/owner/name/resolve/main/model.safetensors', largeBytes);
  cacheFolder = mkdtempSync(join(tmpdir(), 'tstar-hub-'));
  logged = [];
});
afterEach(async () => {
  await server.close();
  rmSync(cacheFolder, { recursive: true, force: true });
});

function open(changes: Partial<CreateHubOptions> = {}) {
  return createHub({
    mirrors: [],
    endpoint: server.address,
    token: undefined,
    cacheFolder,
    fetch,
    log: (text) => void logged.push(text),
    ...changes,
  });
}

const target = () => join(cacheFolder, 'hub/models/owner--name/main/model.safetensors');
const leftovers = () => readdirSync(dirname(target())).filter((name) => name.includes('partial'));
const messageOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: Error) => `${error.name}: ${error.message}`,
  );

describe('a file of the hub', () => {
  it('comes into the cache by its name, and from there the second time', async () => {
    const hub = open();
    const first = await hub.fetchFile(small, { signal });
    expect(first).toEqual({
      file: join(cacheFolder, 'hub/models/owner--name/main/folder/config.json'),
      origin: `hub ${server.address}`,
      sha256: sha256Of(smallBytes),
    });
    expect(readFileSync(first.file)).toEqual(smallBytes);
    expect(await open().fetchFile(small, { signal })).toMatchObject({ origin: 'cache', sha256: sha256Of(smallBytes) });
    expect(server.requests).toHaveLength(1);
  });

  it('is found in the address of datasets', async () => {
    server.files.set('/datasets/openai/gsm8k/resolve/main/main/test.parquet', smallBytes);
    const file: HubFile = { kind: 'dataset', repository: 'openai/gsm8k', revision: 'main', path: 'main/test.parquet' };
    expect((await open().fetchFile(file, { signal })).file).toBe(join(cacheFolder, 'hub/datasets/openai--gsm8k/main/main/test.parquet'));
  });

  it('is followed to its storage, which never sees the token, and reports bytes as they arrive', async () => {
    server.token = 'secret';
    const seen: (readonly [number, number | null])[] = [];
    const onProgress = ({ doneBytes, totalBytes }: { doneBytes: number; totalBytes: number | null }) =>
      void seen.push([doneBytes, totalBytes]);
    const { sha256, file } = await open({ token: 'secret' }).fetchFile(large, { signal, onProgress });
    expect(sha256).toBe(sha256Of(largeBytes));
    expect(readFileSync(file)).toEqual(largeBytes);
    expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Bearer secret', undefined]);
    expect(seen.at(-1)).toEqual([largeBytes.length, largeBytes.length]);
    expect(leftovers()).toEqual([]);
  });

  it('is located without a download', async () => {
    expect(await open().locate(large, { signal })).toBe(`hub ${server.address}`);
    expect(server.requests.every(({ method }) => method === 'HEAD')).toBe(true);
    expect(existsSync(target())).toBe(false);
  });

  it('resumes where a transfer broke off', async () => {
    server.faults.push(breakAfter(100_000));
    const { sha256 } = await open().fetchFile(large, { signal });
    expect(sha256).toBe(sha256Of(largeBytes));
    expect(server.requests.at(-1)?.range).toBe('bytes=100000-');
    expect(server.sentBytes).toBe(200_000);
  });

  it('gives up after a bounded number of broken transfers, and the next run resumes', async () => {
    for (let n = 0; n < 9; n++) server.faults.push(breakAfter(50_000));
    expect(await messageOf(open().fetchFile(large, { signal }))).toMatch(
      /^TransientError: .*model\.safetensors: cannot be had now: hub .*, 9 times; check/,
    );
    expect(server.faults).toEqual([]);
    expect(leftovers()).toEqual(['model.safetensors.partial']);
    await open().fetchFile(large, { signal });
    expect(server.sentBytes).toBe(250_000);
    expect(leftovers()).toEqual([]);
  });

  it('resumes what a process left that is gone, and leaves alone what a living one writes', async () => {
    const gone = join(dirname(target()), `model.safetensors.partial-${hostname()}-999999999-0`);
    const alive = join(dirname(target()), `model.safetensors.partial-${hostname()}-${process.ppid}-0`);
    for (const folder of [gone, alive]) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'bytes'), largeBytes.subarray(0, 120_000));
      writeFileSync(join(folder, 'etag'), `"${sha256Of(largeBytes)}"`);
    }
    await open().fetchFile(large, { signal });
    expect(server.sentBytes).toBe(180_000);
    expect(leftovers()).toEqual([`model.safetensors.partial-${hostname()}-${process.ppid}-0`]);
  });

  it('resumes what a process of another machine left an hour ago, and leaves alone what one may be writing', async () => {
    const folderOf = (host: string) => join(dirname(target()), `model.safetensors.partial-${host}-7-0a1b2c3d`);
    for (const host of ['gone-host', 'other-host']) {
      mkdirSync(folderOf(host), { recursive: true });
      writeFileSync(join(folderOf(host), 'bytes'), largeBytes.subarray(0, 120_000));
      writeFileSync(join(folderOf(host), 'etag'), `"${sha256Of(largeBytes)}"`);
    }
    const longAgo = Date.now() / 1000 - 2 * 3600;
    for (const name of ['bytes', 'etag', '']) utimesSync(join(folderOf('gone-host'), name), longAgo, longAgo);
    await open().fetchFile(large, { signal });
    expect(server.sentBytes).toBe(180_000);
    expect(leftovers()).toEqual(['model.safetensors.partial-other-host-7-0a1b2c3d']);
  });

  it('is fetched anew where the branch has another of the same size', async () => {
    const idOf = (bytes: Buffer) => createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
    const other = Buffer.from('{"model_type":"LLAMA"}');
    await open().fetchFile(small, { signal });
    await open().fetchFile({ ...small, gitBlob: idOf(smallBytes) }, { signal });
    expect(server.requests).toHaveLength(1);
    server.files.set('/owner/name/resolve/main/folder/config.json', other);
    const { file, sha256 } = await open().fetchFile({ ...small, gitBlob: idOf(other) }, { signal });
    expect([sha256, readFileSync(file)]).toEqual([sha256Of(other), other]);
    expect(logged).toContainEqual(expect.stringMatching(/config\.json: the copy in the cache has the wrong bytes: expected git blob id/));
    // Known by its record from here on.
    await open().fetchFile({ ...small, gitBlob: idOf(other) }, { signal });
    expect(server.requests).toHaveLength(2);
  });

  it('starts over where what an earlier process left is damaged', async () => {
    const left = `${target()}.partial`;
    mkdirSync(left, { recursive: true });
    writeFileSync(join(left, 'bytes'), Buffer.alloc(120_000));
    writeFileSync(join(left, 'etag'), `"${sha256Of(largeBytes)}"`);
    const { sha256 } = await open().fetchFile(large, { signal });
    expect(sha256).toBe(sha256Of(largeBytes));
    expect(server.sentBytes).toBe(180_000 + 300_000);
    expect(leftovers()).toEqual([]);
  });

  it('is taken from a cache that takes no record of it', async () => {
    const { file } = await open().fetchFile(small, { signal });
    rmSync(`${file}.origin.json`);
    mkdirSync(`${file}.origin.json/in-the-way`, { recursive: true });
    expect(await open().fetchFile(small, { signal })).toEqual({ file, origin: 'cache', sha256: sha256Of(smallBytes) });
    expect(readdirSync(dirname(file)).sort()).toEqual(['config.json', 'config.json.origin.json']);
  });

  it('starts over when the file changed on the server since the transfer broke off', async () => {
    const before = randomBytes(300_000);
    server.faults.push((request, response) => breakAfter(100_000)(request, response, before));
    const { sha256 } = await open().fetchFile(large, { signal });
    expect(sha256).toBe(sha256Of(largeBytes));
    expect(server.sentBytes).toBe(300_000);
  });

  it('needs no more bytes when all had come before the process died', async () => {
    const free = `${target()}.partial`;
    mkdirSync(free, { recursive: true });
    writeFileSync(join(free, 'bytes'), largeBytes);
    writeFileSync(join(free, 'etag'), `"${sha256Of(largeBytes)}"`);
    expect((await open().fetchFile(large, { signal })).sha256).toBe(sha256Of(largeBytes));
    expect(server.sentBytes).toBe(0);
  });

  it('may be fetched twice at once', async () => {
    const fetched = await Promise.all([open(), open(), open()].map((hub) => hub.fetchFile(large, { signal })));
    for (const { file, sha256 } of fetched)
      expect([sha256Of(readFileSync(file)), sha256]).toEqual([sha256Of(largeBytes), sha256Of(largeBytes)]);
    expect(leftovers()).toEqual([]);
  });

  it('is asked for again when the server is busy and says for how long', async () => {
    server.faults.push(answerStatus(429, { 'retry-after': '0' }), answerStatus(503, { 'retry-after': new Date(0).toUTCString() }));
    await open().fetchFile(small, { signal });
    expect(server.requests).toHaveLength(3);
  });
});

describe('a hub that says no', () => {
  it('for a missing file: what is missing, once', async () => {
    const missing = { ...small, path: 'nothing.json' };
    expect(await messageOf(open().fetchFile(missing, { signal }))).toBe(
      `UserError: model owner/name@main nothing.json: is nowhere: hub ${server.address}: has no such file (404); check the name, or set TSTAR_MIRRORS to a folder that has it`,
    );
    expect(server.requests).toHaveLength(1);
  });

  it.each([401, 403])('with %i: names HF_TOKEN', async (status) => {
    server.faults.push(answerStatus(status));
    const text = await messageOf(open().fetchFile(small, { signal }));
    expect(text).toMatch(/^UserError: .*answers 40[13]: model owner\/name does not exist, is private or gated; set HF_TOKEN/);
  });

  it.each([
    [401, 'is no longer valid, or may not read it'],
    [403, 'may not read it (gated files'],
  ])('with %i to a token: says so', async (status, text) => {
    server.faults.push(answerStatus(status));
    expect(await messageOf(open({ token: 'secret' }).fetchFile(small, { signal }))).toContain(`HF_TOKEN ${text}`);
  });

  it.each(['file:///etc/hostname', 'data:,{}', 'ftp://127.0.0.1/x', 'http://[', 'javascript:0'])(
    'by a redirect to %s: is not followed',
    async (place) => {
      server.leadsTo = place;
      expect(await messageOf(open().fetchFile(large, { signal }))).toMatch(/^UserError: .*redirects to ".*", which is not followed/);
      expect(server.requests).toHaveLength(1);
      expect(leftovers()).toEqual([]);
    },
  );

  it('by redirects without end: a bounded number', async () => {
    server.leadsTo = '/owner/name/resolve/main/model.safetensors';
    expect(await messageOf(open().locate(large, { signal }))).toMatch(/^TransientError: .*redirects more than 5 times/);
    expect(server.requests).toHaveLength(6);
  });

  it.each([204, 304, 400, 405, 410, 451])('with %i: says what it answers, once', async (status) => {
    server.faults.push(answerStatus(status));
    expect(await messageOf(open().fetchFile(small, { signal }))).toMatch(new RegExp(`^UserError: .*answers ${status}`));
    expect(server.requests).toHaveLength(1);
  });

  it('with 500: is asked again', async () => {
    server.faults.push(answerStatus(500));
    await open().fetchFile(small, { signal });
    expect(server.requests).toHaveLength(2);
  });

  it.each(['bytes 5-9/300000', 'bytes 100001-299999/300000', 'items 1-2', ''])(
    'with a range that was not asked for (%s): starts over',
    async (range) => {
      server.faults.push(breakAfter(100_000), (_request, response, bytes) =>
        response.writeHead(206, { 'content-range': range, etag: `"${sha256Of(bytes)}"` }).end(bytes.subarray(100_000)),
      );
      expect((await open().fetchFile(large, { signal })).sha256).toBe(sha256Of(largeBytes));
    },
  );

  it('with 503 for ever: a bounded number of requests', async () => {
    server.faults.push(...Array.from({ length: 9 }, () => answerStatus(503, { 'retry-after': '0' })));
    expect(await messageOf(open().fetchFile(small, { signal }))).toContain('TransientError: ');
    expect(server.requests).toHaveLength(5);
  });

  it('with a pause of an hour: is not waited for', async () => {
    server.faults.push(answerStatus(429, { 'retry-after': '3600' }));
    expect(await messageOf(open().fetchFile(small, { signal }))).toContain('answers 429 (busy) and asks to wait 3600 s');
  });

  it('by silence: is left, and not asked for the next file', async () => {
    server.faults.push(stayOpen);
    const hub = open({ silenceMs: 300 });
    expect(await messageOf(hub.fetchFile(small, { signal }))).toMatch(/^TransientError: .*stays silent for 0\.3 s/);
    expect(await messageOf(hub.fetchFile(large, { signal }))).toMatch(/^TransientError: .*stays silent for 0\.3 s/);
    expect(server.requests).toHaveLength(1);
  });

  it('by silence in the middle: is resumed', async () => {
    server.faults.push((_request, response, bytes) => {
      response.writeHead(200, { 'content-length': bytes.length, etag: `"${sha256Of(bytes)}"` });
      response.write(bytes.subarray(0, 100_000));
    });
    await open({ silenceMs: 300 }).fetchFile(large, { signal });
    expect(server.sentBytes).toBe(200_000);
  });

  it('by refusing the connection: one line for the source, one error for the file', async () => {
    const nobody = await closedAddress();
    const hub = open({ mirrors: [nobody] });
    await hub.fetchFile(small, { signal });
    await hub.fetchFile(large, { signal });
    expect(logged).toEqual([
      `model owner/name@main folder/config.json: mirror ${nobody}: cannot be reached (ECONNREFUSED); next: hub ${server.address}`,
    ]);
    expect(await messageOf(open({ endpoint: nobody }).locate({ ...small, path: 'other' }, { signal }))).toMatch(
      /^TransientError: model owner\/name@main other: cannot be had now: hub .*: cannot be reached \(ECONNREFUSED\); check the network/,
    );
  });

  it('ends at once when the caller does', async () => {
    server.faults.push(stayOpen);
    const controller = new AbortController();
    const fetched = open({ silenceMs: 60_000 }).fetchFile(small, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 50);
    expect(await messageOf(fetched)).toBe('Error: enough');
  });
});

describe('wrong bytes', () => {
  const other = Buffer.from('{"model_type":"qwen"}!');
  const lie = (bytes: Buffer) => (_request: unknown, response: import('node:http').ServerResponse, right: Buffer) =>
    void response.writeHead(200, { 'content-length': bytes.length, etag: `"${sha256Of(right)}"` }).end(bytes);

  it('against the hash that the hub gives with large files: are removed, both values are named', async () => {
    const bytes = randomBytes(largeBytes.length);
    server.faults.push(lie(bytes));
    const text = await messageOf(open().fetchFile(large, { signal }));
    expect(text).toMatch(/^UserError: model owner\/name@main model\.safetensors: no source has the right file: hub /);
    expect(text).toContain(`wrong bytes: expected SHA-256 ${sha256Of(largeBytes)}, found ${sha256Of(bytes)}`);
    expect(existsSync(target())).toBe(false);
    expect(leftovers()).toEqual([]);
  });

  it('against the git id that the hub gives with small files', async () => {
    server.faults.push((_request, response) => void response.writeHead(200, { etag: `"${'0'.repeat(40)}"` }).end(smallBytes));
    expect(await messageOf(open().fetchFile(small, { signal }))).toMatch(/wrong bytes: expected git blob id 0{40}, found [0-9a-f]{40}/);
  });

  it('against what the caller knows: nothing is downloaded where the server says so beforehand', async () => {
    expect(await messageOf(open().fetchFile({ ...large, sha256: '0'.repeat(64) }, { signal }))).toContain(
      `expected SHA-256 ${'0'.repeat(64)}, found ${sha256Of(largeBytes)}`,
    );
    expect(await messageOf(open().fetchFile({ ...large, sizeBytes: 7 }, { signal }))).toContain(
      'wrong size: expected 7 bytes, found 300000',
    );
  });

  it('more of them than were announced: are refused, and nothing stays', async () => {
    const file = { ...large, sizeBytes: largeBytes.length };
    server.faults.push((_request, response, bytes) => response.writeHead(200).end(Buffer.concat([bytes, bytes])));
    expect(await messageOf(open().fetchFile(file, { signal }))).toContain('wrong size: expected 300000 bytes, more than that arrive');
    expect([existsSync(target()), leftovers()]).toEqual([false, []]);
  });

  it('packed by the server though that was not asked for: are refused, or are the file’s own', async () => {
    server.faults.push((_request, response, bytes) => {
      const packed = gzipSync(bytes);
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length }).end(packed);
    });
    expect(await messageOf(open().fetchFile({ ...small, sizeBytes: smallBytes.length }, { signal }))).toMatch(/^UserError: .*wrong size/);
    expect(existsSync(join(cacheFolder, 'hub/models/owner--name/main/folder/config.json'))).toBe(false);
  });

  it('from a mirror: the hub is next', async () => {
    const mirror = await startFakeHub();
    mirror.files.set('/owner/name/resolve/main/folder/config.json', other);
    const hub = open({ mirrors: [mirror.address] });
    const { origin } = await hub.fetchFile({ ...small, sha256: sha256Of(smallBytes) }, { signal });
    await mirror.close();
    expect(origin).toBe(`hub ${server.address}`);
    expect(logged).toEqual([expect.stringMatching(/: mirror .*: wrong bytes: expected SHA-256 .*; next: hub /)]);
  });
});

describe('the disk', () => {
  it.skipIf(!existsSync('/dev/full'))('full: names the folder and the bytes that are needed', async () => {
    mkdirSync(`${target()}.partial`, { recursive: true });
    symlinkSync('/dev/full', join(`${target()}.partial`, 'bytes'));
    expect(await messageOf(open().fetchFile(large, { signal }))).toBe(
      `TransientError: ${dirname(target())}: the disk is full, 300000 bytes are needed; make room there, or set TSTAR_CACHE to another folder`,
    );
    expect(existsSync(target())).toBe(false);
  });

  it.skipIf(!existsSync('/proc/self'))('that takes no folders is refused, and not tried for ever', async () => {
    expect(await messageOf(open({ cacheFolder: '/proc/none' }).fetchFile(small, { signal }))).toBe(
      'UserError: /proc/none: cannot be made (ENOENT); set TSTAR_CACHE to another folder',
    );
  });

  it('with a file of the cache changed: it is fetched again, and said', async () => {
    const { file } = await open().fetchFile(large, { signal });
    writeFileSync(file, randomBytes(largeBytes.length));
    const { origin } = await open().fetchFile(large, { signal });
    expect(origin).toBe(`hub ${server.address}`);
    expect(logged).toEqual([expect.stringMatching(/the copy in the cache has the wrong bytes: expected SHA-256/)]);
  });
});

describe('the list of a repository', () => {
  const repository = { kind: 'model', repository: 'owner/name', revision: 'main' } as const;

  it('comes page by page, with the hashes of large files and git’s ids of small ones', async () => {
    server.files.set('/owner/name/resolve/main/tokenizer.json', smallBytes);
    expect(await open().listFiles(repository, { signal })).toEqual([
      { path: 'folder/config.json', sizeBytes: smallBytes.length, gitBlob: 'a'.repeat(40) },
      { path: 'tokenizer.json', sizeBytes: smallBytes.length, gitBlob: 'a'.repeat(40) },
      { path: 'model.safetensors', sizeBytes: largeBytes.length, sha256: sha256Of(largeBytes) },
    ]);
    expect(server.requests).toHaveLength(2);
  });

  it('that leads to another server, or nowhere, is refused', async () => {
    server.files.set('/owner/name/resolve/main/tokenizer.json', smallBytes);
    for (const place of ['http://127.0.0.1:1/next', 'file:///etc/hostname', 'http://[']) {
      server.leadsTo = place;
      expect(await messageOf(open().listFiles(repository, { signal }))).toMatch(
        /^UserError: .*continues its list of files at ".*", which is not followed/,
      );
    }
    expect(server.requests).toHaveLength(3);
  });

  it.each([
    ['[{"type":"file","path":"../evil","size":1}]', 'not a path inside a repository'],
    ['[{"type":"file","path":"/etc/passwd","size":1}]', 'not a path inside a repository'],
    ['[{"type":"file","path":"a\\\\b","size":1}]', 'not a path inside a repository'],
    ['[{"type":"file","path":"x","size":-1}]', 'not in the form of the hub'],
    ['{"error":"moved"}', 'not in the form of the hub'],
    ['<html>log in</html>', 'not in the form of the hub'],
    ['[{"type":"fi', 'not in the form of the hub'],
  ])('%s is refused', async (text, message) => {
    const body = async () => new Response(text, { status: 200 });
    expect(await messageOf(open({ fetch: body }).listFiles(repository, { signal }))).toMatch(new RegExp(`^UserError: .*${message}`));
  });

  it('without an end is refused before it fills the memory', async () => {
    const chunk = new Uint8Array(1 << 20).fill(32);
    const body = async () => new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }));
    expect(await messageOf(open({ fetch: body }).listFiles(repository, { signal }))).toMatch(/sends more than 20000000 bytes for a page/);
  });

  it('is remembered for when nobody answers', async () => {
    const listed = await open().listFiles(repository, { signal });
    expect(await open({ endpoint: await closedAddress() }).listFiles(repository, { signal })).toEqual(listed);
  });

  it('of nothing says so', async () => {
    expect(await messageOf(open().listFiles({ ...repository, repository: 'owner/none' }, { signal }))).toMatch(
      /^UserError: model owner\/none@main: is nowhere: hub .*: has no model owner\/none \(404\)/,
    );
  });
});

/** An address at which nobody listens. */
async function closedAddress(): Promise<string> {
  const socket = createServer();
  await new Promise<void>((resolve) => socket.listen(0, '127.0.0.1', resolve));
  const { port } = socket.address() as import('node:net').AddressInfo;
  await new Promise((resolve) => socket.close(resolve));
  return `http://127.0.0.1:${port}`;
}
