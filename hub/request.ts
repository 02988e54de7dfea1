// One HTTP request as the hub wants it: the token goes to the hub's own origin only, redirects are followed by hand so that
// the hub's hashes (on its own answer, not the storage's) are seen, busy servers are asked again, silent ones are left.
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from './source.ts';
import { whenOverdue } from './when-overdue.ts';

export interface HttpOptions {
  readonly fetch: typeof globalThis.fetch;
  /** The token and the only origin that may see it. */
  readonly credential: { readonly origin: string; readonly token: string } | undefined;
  /** A server that sends nothing for so long is left. */
  readonly silenceMs: number;
}

export interface HttpRequest {
  readonly address: string;
  readonly method: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** Of the last answer of a chain of redirects. */
  readonly headers: Headers;
  /** The header of the first answer in the chain that has it: the hub names an LFS file's hash where it redirects. */
  firstHeader(name: string): string | null;
  /** The body; ends with a network refusal when the server breaks off or falls silent. */
  chunks(): AsyncGenerator<Uint8Array>;
  /** Leaves the body unread. */
  close(): void;
}

const MAX_REDIRECTS = 5;
const MAX_BUSY_RETRIES = 4;
/** A server that wants a longer pause is left for the next source. */
const MAX_PAUSE_MS = 60_000;
const FIRST_PAUSE_MS = 1_000;
/** The server is there and hung up: worth asking again at once. */
const BROKEN_CONNECTION: readonly string[] = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];

/** An answer of any status but a redirect or a passing 429, 502, 503, 504; a network refusal where there is none. */
export async function request(call: HttpRequest, options: HttpOptions): Promise<HttpAnswer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await followRedirects(call, options);
    if (![429, 502, 503, 504].includes(answer.status)) return answer;
    answer.close();
    const pauseMs = retryAfterMs(answer.headers.get('retry-after')) ?? FIRST_PAUSE_MS * 2 ** (attempt - 1);
    const busy = `answers ${answer.status} (busy)`;
    if (attempt > MAX_BUSY_RETRIES) throw new Refusal('unreachable', `${busy}, ${attempt} times`);
    if (pauseMs > MAX_PAUSE_MS) throw new Refusal('unreachable', `${busy} and asks to wait ${Math.ceil(pauseMs / 1000)} s`);
    await sleep(pauseMs, undefined, { signal: call.signal });
  }
}

async function followRedirects(call: HttpRequest, options: HttpOptions): Promise<HttpAnswer> {
  const seen: Headers[] = [];
  let address = call.address;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const answer = await requestOnce({ ...call, address }, options, seen);
    const location = answer.headers.get('location');
    if (answer.status < 300 || answer.status >= 400 || location === null) return answer;
    answer.close();
    const next = nextAddress(location, address);
    // The storage's address is signed for GET alone, and that the hub names it says that it has the file.
    if (call.method === 'HEAD' && next.origin !== new URL(call.address).origin) return { ...answer, status: 200 };
    address = next.href;
  }
  throw new Refusal('network', `redirects more than ${MAX_REDIRECTS} times`);
}

/** Where a server sends us: to another http(s) address, never from an encrypted to a plain one. */
function nextAddress(location: string, address: string): URL {
  const next = URL.canParse(location, address) ? new URL(location, address) : undefined;
  const isWeb = next?.protocol === 'https:' || (next?.protocol === 'http:' && new URL(address).protocol === 'http:');
  if (next === undefined || !isWeb)
    throw new Refusal('absent', `redirects to ${JSON.stringify(location.slice(0, 80))}, which is not followed`);
  return next;
}

async function requestOnce(call: HttpRequest, { fetch, credential, silenceMs }: HttpOptions, seen: Headers[]): Promise<HttpAnswer> {
  const silence = new AbortController();
  const signal = AbortSignal.any([call.signal, silence.signal]);
  const host = seen.length > 0 ? `its storage ${new URL(call.address).host} ` : '';
  const watched = async <T>(stage: 'headers' | 'body', work: () => Promise<T>): Promise<T> => {
    const callOff = whenOverdue(silenceMs, () => silence.abort());
    try {
      return await work();
    } catch (cause) {
      call.signal.throwIfAborted();
      const broken = stage === 'body' || BROKEN_CONNECTION.includes(networkReason(cause));
      const failure = broken ? `breaks off (${networkReason(cause)})` : `cannot be reached (${networkReason(cause)})`;
      const why = silence.signal.aborted ? `stays silent for ${silenceMs / 1000} s` : failure;
      throw new Refusal(broken ? 'network' : 'unreachable', `${host}${why}`, { cause });
    } finally {
      callOff();
    }
  };
  const token = credential !== undefined && new URL(call.address).origin === credential.origin ? credential.token : undefined;
  // Compressed bodies would make lengths, ranges and hashes those of other bytes.
  const headers = { 'accept-encoding': 'identity', ...call.headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  const response = await watched('headers', () => fetch(call.address, { method: call.method, headers, redirect: 'manual', signal }));
  seen.push(response.headers);
  return {
    status: response.status,
    headers: response.headers,
    firstHeader: (name) => seen.find((each) => each.has(name))?.get(name) ?? null,
    close: () => silence.abort(),
    async *chunks() {
      const reader = response.body?.getReader();
      if (reader === undefined) return;
      try {
        for (;;) {
          const { done, value } = await watched('body', () => reader.read());
          if (done) return;
          yield value;
        }
      } finally {
        silence.abort();
      }
    },
  };
}

/** Seconds or a date. */
function retryAfterMs(value: string | null): number | undefined {
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** `ECONNREFUSED` and `ENOTFOUND` lie in the cause of `fetch failed`. */
function networkReason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
}
