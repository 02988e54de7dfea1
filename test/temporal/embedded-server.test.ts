// The embedded server's life: one per project, shared, adopted when orphaned, refused where the port is somebody else's.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect, type OpenClient } from '../../temporal/connection.ts';
import { type EmbeddedServerOptions, findEmbeddedServer, startEmbeddedServer, stopEmbeddedServer } from '../../temporal/embedded-server.ts';
import { freePort } from '../../temporal/ports.ts';
import { knownSearchAttributes, SEARCH_ATTRIBUTES } from '../../temporal/search-attributes.ts';
import { markProcess, readServerRecord, removeServerRecord, writeServerRecord } from '../../temporal/server-record.ts';
import type { ServerTarget } from '../../temporal/settings.ts';
import { findProgram, freePorts, quiet } from './dev-server.ts';

let options: EmbeddedServerOptions;
beforeEach(async () => {
  const home = await mkdtemp(join(tmpdir(), 'tstar-embedded-'));
  options = { home, ports: await freePorts(), findProgram, log: quiet, lifetime: 'own' };
});
afterEach(async () => {
  await stopEmbeddedServer(options.home);
  await rm(options.home, { recursive: true, force: true });
});

/** Start token of a process that has ended: an owner that is gone. */
async function deadOwner() {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
  const mark = markProcess(child.pid!)!;
  child.kill('SIGKILL');
  await new Promise((resolve) => child.on('exit', resolve));
  return mark;
}

test('it starts, knows our search attributes, runs on one file through restarts and is gone after stop', async () => {
  const server = await startEmbeddedServer(options);
  expect(server.kind).toBe('started');
  const open = await connect(server.target);
  expect(await knownSearchAttributes(open.client, 'default')).toEqual([...SEARCH_ATTRIBUTES]);
  await open.client.workflow.start('nobody-serves-it', { workflowId: 'kept', taskQueue: 'nowhere' });
  await open.close();
  await server.stop();
  expect(await freePort('127.0.0.1', options.ports.server)).toBe(true);
  expect(await readServerRecord(options.home)).toBeNull();
  // Until this process has taken note of its child's end, the id still answers.
  await expect.poll(() => answers(server.pid), { timeout: 10_000 }).toBe(false);
  const again = await startEmbeddedServer(options);
  const reopened = await connect(again.target);
  expect((await reopened.client.workflow.getHandle('kept').describe()).status.name).toBe('RUNNING');
  await reopened.close();
});

test('a file of a server without our search attributes gets them, and runs can be found by them', async () => {
  const { home, ports } = options;
  const program = await findProgram();
  const file = join(home, 'temporal.sqlite');
  const args = ['--db-filename', file, '--port', `${ports.server}`, '--ui-port', `${ports.ui}`];
  const plain = spawn(program, ['server', 'start-dev', ...args], { stdio: 'ignore' });
  const ended = new Promise((resolve) => plain.on('exit', resolve));
  try {
    const target = { address: `127.0.0.1:${ports.server}`, namespace: 'default', security: {} } as ServerTarget;
    const before = await untilAnswers(target);
    expect(await knownSearchAttributes(before.client, 'default')).toEqual([]);
    await before.client.workflow.start('nobody-serves-it', { workflowId: 'older', taskQueue: 'nowhere' });
    await before.close();
  } finally {
    plain.kill('SIGTERM');
    await ended;
  }
  const server = await startEmbeddedServer(options);
  const open = await connect(server.target);
  expect(await knownSearchAttributes(open.client, 'default')).toEqual([...SEARCH_ATTRIBUTES]);
  const keyed = { TstarPipeline: ['p'], TstarModel: ['m'], TstarDigest: ['d'] };
  await open.client.workflow.start('nobody-serves-it', { workflowId: 'newer', taskQueue: 'nowhere', searchAttributes: keyed });
  const query = "TstarPipeline = 'p' AND TstarModel = 'm' AND TstarDigest = 'd'";
  const found = async (): Promise<string | undefined> => {
    for await (const { workflowId } of open.client.workflow.list({ query })) return workflowId;
    return undefined;
  };
  // The registration reaches the list within a second or so.
  await expect.poll(() => found().catch(() => undefined), { timeout: 20_000 }).toBe('newer');
  expect((await open.client.workflow.getHandle('older').describe()).status.name).toBe('RUNNING');
  await open.close();
});

async function untilAnswers(target: ServerTarget): Promise<OpenClient> {
  for (const deadlineMs = Date.now() + 30_000; ; ) {
    try {
      const open = await connect(target);
      await open.client.connection.workflowService.describeNamespace({ namespace: target.namespace });
      return open;
    } catch (error) {
      if (Date.now() > deadlineMs) throw error;
    }
  }
}

test('a killed server leaves a file that the next one goes on with', async () => {
  const server = await startEmbeddedServer(options);
  const open = await connect(server.target);
  await open.client.workflow.start('nobody-serves-it', { workflowId: 'kept', taskQueue: 'nowhere' });
  await open.close();
  process.kill(server.pid, 'SIGKILL');
  const again = await startEmbeddedServer(options);
  expect(again.kind).toBe('started');
  const reopened = await connect(again.target);
  expect((await reopened.client.workflow.getHandle('kept').describe()).status.name).toBe('RUNNING');
  await reopened.close();
});

test('a second start shares the server of a living owner, and its stop leaves it running', async () => {
  const [first, second] = await Promise.all([startEmbeddedServer(options), startEmbeddedServer(options)]);
  expect([first.kind, second.kind].toSorted()).toEqual(['shared', 'started']);
  expect(first.pid).toBe(second.pid);
  await (first.kind === 'shared' ? first : second).stop();
  expect(await findEmbeddedServer(options.home)).toMatchObject({ target: first.target });
});

test('an orphan is adopted; one that stays in the background is not stopped by those who share it', async () => {
  const server = await startEmbeddedServer(options);
  const record = (await readServerRecord(options.home))!;
  await writeServerRecord(options.home, { ...record, owner: await deadOwner() });
  const adopted = await startEmbeddedServer(options);
  expect([adopted.kind, adopted.pid]).toEqual(['adopted', server.pid]);
  expect((await readServerRecord(options.home))!.owner).toEqual(markProcess(process.pid));
  const background = await startEmbeddedServer({ ...options, lifetime: 'background' });
  expect([background.kind, background.pid]).toEqual(['adopted', server.pid]);
  await adopted.stop();
  expect((await startEmbeddedServer(options)).kind).toBe('shared');
  expect(await stopEmbeddedServer(options.home)).toBe(true);
  expect(await stopEmbeddedServer(options.home)).toBe(false);
});

test('the record of a server is removed with that server, and not with the one before it', async () => {
  const server = await startEmbeddedServer(options);
  const record = (await readServerRecord(options.home))!;
  await removeServerRecord(options.home, await deadOwner());
  expect(await readServerRecord(options.home)).toEqual(record);
  await server.stop();
  expect(await readdir(options.home)).not.toContain('server.json');
});

test('a foreign program on a port is named with what to do, and nothing is left behind', async () => {
  const foreign = createServer();
  await new Promise<void>((resolve) => foreign.listen(options.ports.server, '127.0.0.1', resolve));
  const { server: port } = options.ports;
  await expect(startEmbeddedServer(options)).rejects.toThrow(
    `port ${port} on 127.0.0.1 is in use by a program that is not this project's Temporal server; stop it, or choose another port with TSTAR_TEMPORAL_PORT, or TEMPORAL_ADDRESS=127.0.0.1:${port} if it is a Temporal server to use`,
  );
  await new Promise((resolve) => foreign.close(resolve));
  expect(await readServerRecord(options.home)).toBeNull();
});

test('a program that ends at once is told with its last words', async () => {
  await expect(startEmbeddedServer({ ...options, findProgram: async () => '/bin/false' })).rejects.toThrow(
    /did not start: it ended with exit status 1; it said: nothing/,
  );
  await expect(readFile(join(options.home, 'server.json'))).rejects.toThrow();
});

test('a home whose path means something in a URI keeps its database inside', async () => {
  const home = join(options.home, '50%41 #1?a=b&c');
  await (await startEmbeddedServer({ ...options, home })).stop();
  expect(await readdir(options.home)).toEqual(['50%41 #1?a=b&c']);
  expect(await readdir(home)).toContain('temporal.sqlite');
});

test('a home whose path SQLite cannot open is refused before anything is made; one of the longest that it can is served', async () => {
  // A folder's name may have 255.
  const homeOf = (bytes: number) => join(options.home, 'a'.repeat(230), 'b'.repeat(bytes - options.home.length - 232));
  const longest = 504 - '/temporal.sqlite'.length;
  const tooLong = startEmbeddedServer({ ...options, home: homeOf(longest + 1), findProgram: () => Promise.reject(new Error('not asked')) });
  await expect(tooLong).rejects.toThrow(/temporal\.sqlite is 1 bytes too long for SQLite: set TSTAR_HOME to a folder with a shorter one/);
  const server = await startEmbeddedServer({ ...options, home: homeOf(longest) });
  expect(server.kind).toBe('started');
  await server.stop();
});

test('a database that a first start left half made is made anew; one that has answered is never removed', async () => {
  const { home } = options;
  const database = join(home, 'temporal.sqlite');
  await expect(startEmbeddedServer({ ...options, findProgram: async () => '/bin/false' })).rejects.toThrow('did not start');
  // What a full disk or a kill leaves of it.
  await writeFile(database, '');
  const server = await startEmbeddedServer(options);
  await server.stop();
  expect((await readdir(home)).filter((name) => name.includes('unready'))).toEqual([]);
  await Promise.all(['', '-wal', '-shm'].map((ending) => rm(`${database}${ending}`, { force: true })));
  await writeFile(database, 'no database, but somebody put it there');
  await expect(startEmbeddedServer(options)).rejects.toThrow(/its database is damaged: move .*temporal\.sqlite away/);
  expect(await readFile(database, 'utf8')).toBe('no database, but somebody put it there');
});

test('a server whose record cannot be written is stopped again: nobody would find it', async () => {
  const { home, ports } = options;
  await mkdir(join(home, 'server.json'));
  await expect(startEmbeddedServer(options)).rejects.toThrow(/cannot write .*server\.json.*: a folder is in its place/);
  expect(await freePort('127.0.0.1', ports.server)).toBe(true);
  expect((await readdir(home)).filter((name) => /server\.(json\.|lock)/.test(name))).toEqual([]);
  await rm(join(home, 'server.json'), { recursive: true });
});

test('a folder in the place of server.log is named with what to do', async () => {
  await mkdir(join(options.home, 'server.log'));
  await expect(startEmbeddedServer({ ...options, findProgram: async () => '/bin/false' })).rejects.toThrow(
    `cannot write ${join(options.home, 'server.log')}: a folder is in its place`,
  );
});

test('a home that is a link to nowhere is named with what to do', async () => {
  const home = join(options.home, 'link');
  await symlink('nowhere', home);
  await expect(startEmbeddedServer({ ...options, home })).rejects.toThrow(/cannot write .*link.*set TSTAR_HOME to another folder/);
});

function answers(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
