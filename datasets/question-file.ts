// The questions of Parquet files, read in a thread of their own: a damaged file can make the decoder loop or fill the memory
// without end, and nothing else stops it. A thread that takes too long for a file of its size is ended; the file is to blame.
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { TransientError, UserError } from '../formats/user-error.ts';
import { whenOverdue } from '../hub/when-overdue.ts';
import type { Question } from './canonical-rows.ts';
import type { QuestionAnswer } from './question-thread.ts';

export interface QuestionReaderLimits {
  /** How long any file may take; large ones have MS_PER_MB besides. */
  readonly limitMs: number;
}

/** Hundreds of times what real files take. */
const LIMITS: QuestionReaderLimits = { limitMs: 30_000 };
const MS_PER_MB = 2_000;
const MAX_HEAP_MB = 4_000;

/** The rows of a split's files, one after the other. */
export async function readQuestionFiles(paths: readonly string[]): Promise<readonly Question[]> {
  const reader = openQuestionReader();
  try {
    const files = [];
    for (const path of paths) files.push(await reader.read(path));
    return files.flat();
  } finally {
    await reader.close();
  }
}

export interface QuestionReader {
  /** One file at a time. */
  read(path: string): Promise<readonly Question[]>;
  close(): Promise<void>;
}

export function openQuestionReader({ limitMs }: QuestionReaderLimits = LIMITS): QuestionReader {
  let thread: Worker | undefined;
  return {
    async read(path) {
      const found = await stat(path).catch(() => undefined);
      thread ??= new Worker(entryPoint(), { resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB } });
      const answer = await answerOf(thread, path, limitMs + ((found?.size ?? 0) / 1e6) * MS_PER_MB);
      if (answer.kind === 'rows') return answer.rows;
      if (answer.kind === 'refused')
        throw answer.name === 'TransientError' ? new TransientError(answer.message) : new UserError(answer.message);
      await thread.terminate();
      thread = undefined;
      if (answer.kind === 'failed') throw answer.error;
      throw new UserError(`${path}: cannot be read as Parquet (${answer.why}); it may be damaged, fetch it again`);
    },
    async close() {
      await thread?.terminate();
      thread = undefined;
    },
  };
}

/** Without an answer: given up, or a bug of ours. */
type Ended = { readonly kind: 'ended'; readonly why: string } | { readonly kind: 'failed'; readonly error: Error };

function answerOf(thread: Worker, path: string, limitMs: number): Promise<QuestionAnswer | Ended> {
  return new Promise((resolve) => {
    const onError = (error: NodeJS.ErrnoException): void =>
      settle(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? { kind: 'ended', why: 'it fills the memory' } : { kind: 'failed', error });
    const settle = (answer: QuestionAnswer | Ended): void => {
      callOff();
      thread.off('message', settle).off('error', onError);
      resolve(answer);
    };
    const callOff = whenOverdue(limitMs, () => settle({ kind: 'ended', why: `not done after ${Math.ceil(limitMs / 1000)} s` }));
    thread.on('message', settle).on('error', onError);
    thread.postMessage(path);
  });
}

/** From the sources (tests) the thread runs the built file: Node does not run TypeScript. */
function entryPoint(): URL {
  const isSource = import.meta.url.endsWith('.ts');
  const file = new URL(isSource ? '../dist/datasets/question-thread.js' : './question-thread.js', import.meta.url);
  if (!existsSync(file)) throw new Error(`${fileURLToPath(file)} is missing: run \`npm run build\``);
  return file;
}
