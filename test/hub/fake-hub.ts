// A server that behaves like the hub, faults included: resolve addresses with ETags, ranges and redirects to a storage of
// another origin for large files, the tree API in pages, error codes. It counts requests and bytes.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** Answers one GET of a file's bytes in place of the server. */
export type Fault = (request: IncomingMessage, response: ServerResponse, bytes: Buffer) => unknown;

export interface FakeHub {
  readonly address: string;
  readonly requests: SeenRequest[];
  /** Small files, by the path of their address. */
  readonly files: Map<string, Buffer>;
  /** Large files: answered with a redirect to this server's storage. */
  readonly large: Map<string, Buffer>;
  /** Used up from the front, one for each GET that would send bytes. */
  readonly faults: Fault[];
  sentBytes: number;
  /** Demanded for every file when set. */
  token: string | undefined;
  /** Where redirects lead instead of the storage, and the listing's next page. */
  leadsTo: string | undefined;
  close(): Promise<void>;
}

export async function startFakeHub(): Promise<FakeHub> {
  const storage = await listen((request, response) => sendStored(fake, request, response));
  const server = await listen((request, response) => answer(fake, addressOf(storage), request, response));
  const fake: FakeHub = {
    address: addressOf(server),
    requests: [],
    files: new Map(),
    large: new Map(),
    faults: [],
    sentBytes: 0,
    token: undefined,
    leadsTo: undefined,
    async close() {
      for (const each of [server, storage]) {
        each.closeAllConnections();
        await new Promise((resolve) => each.close(resolve));
      }
    },
  };
  return fake;
}

export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Sends the first bytes, then hangs up. */
export function breakAfter(count: number): Fault {
  return (_request, response, bytes) => {
    response.writeHead(200, { 'content-length': bytes.length, etag: `"${sha256Of(bytes)}"` });
    response.write(bytes.subarray(0, count), () => setTimeout(() => response.destroy(), 20));
  };
}

export function answerStatus(status: number, headers: Record<string, string> = {}): Fault {
  return (_request, response) => response.writeHead(status, headers).end();
}

/** Takes the request and says nothing. */
export const stayOpen: Fault = () => {};

function answer(fake: FakeHub, storage: string, request: IncomingMessage, response: ServerResponse): unknown {
  const path = note(fake, request);
  if (path.startsWith('/api/')) return sendTree(fake, path, request, response);
  if (fake.token !== undefined && request.headers.authorization !== `Bearer ${fake.token}`) return response.writeHead(401).end();
  const large = fake.large.get(path);
  if (large !== undefined) {
    const headers = { 'x-linked-etag': `"${sha256Of(large)}"`, 'x-linked-size': String(large.length), 'x-repo-commit': 'c'.repeat(40) };
    return response.writeHead(302, { ...headers, location: fake.leadsTo ?? `${storage}${path}` }).end();
  }
  const bytes = fake.files.get(path);
  if (bytes === undefined) return response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
  const blob = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  return send(fake, request, response, bytes, `"${blob}"`);
}

function sendStored(fake: FakeHub, request: IncomingMessage, response: ServerResponse): unknown {
  const bytes = fake.large.get(note(fake, request));
  // Signed for GET alone, as storages do it.
  if (request.method === 'HEAD') return response.writeHead(403).end();
  if (bytes === undefined) return response.writeHead(404).end();
  return send(fake, request, response, bytes, `"${sha256Of(bytes)}"`);
}

function send(fake: FakeHub, request: IncomingMessage, response: ServerResponse, bytes: Buffer, etag: string): unknown {
  const fault = request.method === 'GET' ? fake.faults.shift() : undefined;
  if (fault !== undefined) return fault(request, response, bytes);
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const ranged = request.headers.range !== undefined && request.headers['if-range'] === etag;
  if (ranged && start >= bytes.length) return response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
  const body = ranged ? bytes.subarray(start) : bytes;
  const range = ranged ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {};
  response.writeHead(ranged ? 206 : 200, { 'content-length': body.length, etag, ...range });
  if (request.method === 'HEAD') return response.end();
  fake.sentBytes += body.length;
  return response.end(body);
}

/** Two files to a page. */
function sendTree(fake: FakeHub, path: string, request: IncomingMessage, response: ServerResponse): unknown {
  const [, kind, repository, revision] = /^\/api\/(models|datasets)\/(.+)\/tree\/(.+)$/.exec(path) ?? [];
  const prefix = `/${kind === 'datasets' ? 'datasets/' : ''}${repository}/resolve/${revision}/`;
  const all = [...fake.files, ...fake.large].filter(([name]) => name.startsWith(prefix));
  if (all.length === 0) return response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end();
  const from = Number(new URL(request.url ?? '', fake.address).searchParams.get('cursor') ?? 0);
  const page = all.slice(from, from + 2).map(([name, bytes]) => {
    const entry = { type: 'file', path: name.slice(prefix.length), size: bytes.length, oid: 'a'.repeat(40) };
    return fake.large.has(name) ? { ...entry, lfs: { oid: sha256Of(bytes), size: bytes.length } } : entry;
  });
  const next =
    from + 2 < all.length ? { link: `<${fake.leadsTo ?? `${fake.address}${path}?recursive=true&cursor=${from + 2}`}>; rel="next"` } : {};
  response.writeHead(200, { 'content-type': 'application/json', ...next });
  return response.end(JSON.stringify([{ type: 'directory', path: 'folder', size: 0, oid: 'b'.repeat(40) }, ...page]));
}

function note(fake: FakeHub, request: IncomingMessage): string {
  const path = decodeURI((request.url ?? '').split('?')[0]!);
  fake.requests.push({ method: request.method ?? '', path, range: request.headers.range, authorization: request.headers.authorization });
  return path;
}

async function listen(handler: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<Server> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
