// A model session: the verbs of models/engine.ts, run in a process that can be killed at any moment. Cancelling ends the
// process at once (nothing else stops a run that is under way), and so does a native crash; the next call starts another.
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TransientError, UserError } from '../../formats/user-error.ts';
import type {
  AnswerScores,
  EngineOptions,
  Generation,
  HeadScore,
  HiddenState,
  LogitComparison,
  ModelFiles,
  ModelSession,
  NoisyHiddenState,
  Progress,
  PromptLogits,
  SiteCapture,
  SiteNoiseState,
  VerbOptions,
} from '../engine.ts';
import type { AnswerMessage, CallMessage, VerbCall } from './session-messages.ts';

/** What is kept of the process's last words. */
const STDERR_TAIL_CHARS = 2000;

/** Signals of a native crash: of the runtime, not of the system (SIGKILL is also the out-of-memory killer's). */
const CRASHES: ReadonlySet<string> = new Set(['SIGSEGV', 'SIGBUS', 'SIGABRT', 'SIGILL', 'SIGFPE']);
/** So many in a row without an answer between them are the model's fault, and would come again for ever. */
const MAX_CRASHES = 3;

/**
 * Starts nothing yet: the process comes with the first call. Calls run one after another. Closing ends the call under way and
 * refuses those that wait, with a TransientError.
 */
export function openSession(files: ModelFiles, options: EngineOptions): ModelSession {
  let child: SessionProcess | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let crashes = 0;
  let isClosed = false;

  async function* call<Answer>(verbCall: VerbCall, { signal, progress }: VerbOptions): AsyncGenerator<Answer> {
    const before = turn;
    const { promise: mine, resolve: finish } = settled();
    turn = Promise.all([before, mine]);
    try {
      await orAborted(before, signal);
      if (isClosed) throw closedError();
      if (child === undefined || child.ended) child = startProcess();
      for await (const answer of answers<Answer>(child, { ...verbCall, files, options }, signal, progress)) {
        crashes = 0;
        yield answer;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (isClosed) throw closedError();
      if (!(error instanceof TransientError) || !CRASHES.has(child?.process.signalCode ?? '') || ++crashes < MAX_CRASHES) throw error;
      crashes = 0;
      throw new UserError(
        `${files.exported ?? files.folder}: ${error.message}; ${MAX_CRASHES} times in a row: ONNX Runtime cannot compute this model; fetch or export it again`,
        { cause: error },
      );
    } finally {
      finish();
    }
  }

  return {
    capture: (request, verbOptions) => call<HiddenState>({ verb: 'capture', request }, verbOptions),
    captureSites: (request, verbOptions) => call<SiteCapture>({ verb: 'captureSites', request }, verbOptions),
    inject: (request, verbOptions) => call<NoisyHiddenState>({ verb: 'inject', request }, verbOptions),
    injectBySite: (request, verbOptions) => call<SiteNoiseState>({ verb: 'injectBySite', request }, verbOptions),
    compareLogits: (request, verbOptions) => call<LogitComparison>({ verb: 'compareLogits', request }, verbOptions),
    logits: (request, verbOptions) => call<PromptLogits>({ verb: 'logits', request }, verbOptions),
    score: (request, verbOptions) => call<HeadScore>({ verb: 'score', request }, verbOptions),
    scoreAnswers: (request, verbOptions) => call<AnswerScores>({ verb: 'scoreAnswers', request }, verbOptions),
    generate: (request, verbOptions) => call<Generation>({ verb: 'generate', request }, verbOptions),
    async close() {
      isClosed = true;
      await child?.kill();
      child = undefined;
    },
  };
}

function closedError(): TransientError {
  return new TransientError('the model session was closed: another model has taken its place');
}

function settled(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Waits for the call before, or throws as soon as this one is cancelled. */
async function orAborted(before: Promise<unknown>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let stop = () => {};
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
  });
  signal.addEventListener('abort', stop, { once: true });
  await Promise.race([before, aborted]).finally(() => signal.removeEventListener('abort', stop));
  signal.throwIfAborted();
}

interface SessionProcess {
  readonly process: ChildProcess;
  readonly ended: boolean;
  readonly lastWords: string;
  /** Ends it at once; resolves when it is gone. */
  kill(): Promise<void>;
}

function startProcess(): SessionProcess {
  const child = forkProcess();
  let ended = false;
  let lastWords = '';
  const gone = new Promise<void>((resolve) => {
    const end = () => {
      ended = true;
      resolve();
    };
    child.once('exit', end);
    child.once('error', ({ message }) => {
      lastWords = message;
      end();
    });
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-STDERR_TAIL_CHARS);
  });
  return {
    process: child,
    get ended() {
      return ended;
    },
    get lastWords() {
      return lastWords.trim();
    },
    async kill() {
      if (!ended) child.kill('SIGKILL');
      await gone;
    },
  };
}

function forkProcess(): ChildProcess {
  try {
    return fork(entryPoint(), [String(process.pid)], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
      // TF32 would change the numbers of float32 products on a GPU.
      env: { ...process.env, NVIDIA_TF32_OVERRIDE: '0' },
    });
  } catch (cause) {
    // Too little memory, say; too many open files are told by an event.
    throw new TransientError(`the model's session process cannot be started: ${(cause as Error).message}`, { cause });
  }
}

/** One call's answers as they come. Leaving early, an abort, an error and a crash all end the process: what failed to open is opened anew. */
async function* answers<Answer>(
  session: SessionProcess,
  message: CallMessage,
  signal: AbortSignal,
  progress: Progress | undefined,
): AsyncGenerator<Answer> {
  const arrived: AnswerMessage[] = [];
  let wake = () => {};
  const onMessage = (answer: AnswerMessage): void => {
    if (answer.kind === 'progress') progress?.(answer.note, answer.tokens);
    else arrived.push(answer);
    wake();
  };
  const onEvent = (): void => wake();
  session.process.on('message', onMessage).on('exit', onEvent).on('error', onEvent);
  signal.addEventListener('abort', onEvent);
  let isDone = false;
  try {
    // One that could not be started has no channel, and says why by its error.
    session.process.send?.(message, (error) => error !== null && wake());
    while (!isDone) {
      signal.throwIfAborted();
      const answer = arrived.shift();
      if (answer?.kind === 'value') yield answer.value as Answer;
      else if (answer?.kind === 'done') isDone = true;
      else if (answer?.kind === 'failed') throw asError(answer.error);
      else if (session.ended) throw crashed(session, message.verb);
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    session.process.off('message', onMessage).off('exit', onEvent).off('error', onEvent);
    signal.removeEventListener('abort', onEvent);
    if (!isDone) await session.kill();
  }
}

function asError({ name, message, stack }: Extract<AnswerMessage, { kind: 'failed' }>['error']): Error {
  if (name === 'UserError') return new UserError(message);
  if (name === 'TransientError') return new TransientError(message);
  const error = new Error(message);
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}

function crashed({ process: child, lastWords }: SessionProcess, verb: string): TransientError {
  if (child.pid === undefined) return new TransientError(`the model's session process cannot be started: ${lastWords}`);
  const how = child.signalCode ?? `exit code ${child.exitCode}`;
  const hint = child.signalCode === 'SIGKILL' ? '; the system may have been out of memory' : '';
  return new TransientError(`the model's session process ended (${how}) during ${verb}${hint}${lastWords === '' ? '' : `: ${lastWords}`}`);
}

/** From the sources (tests) the process runs the built file: Node does not run TypeScript. */
function entryPoint(): string {
  const isSource = import.meta.url.endsWith('.ts');
  const file = fileURLToPath(new URL(isSource ? '../../dist/models/runtime/session-process.js' : './session-process.js', import.meta.url));
  if (!existsSync(file)) throw new Error(`${file} is missing: run \`npm run build\``);
  return file;
}
