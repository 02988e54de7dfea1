// The thread that decodes files of questions for question-file.ts: paths come as messages, each is answered with its rows or
// with what is wrong with it.
import { parentPort } from 'node:worker_threads';
import { TransientError, UserError } from '../formats/user-error.ts';
import type { Question } from './canonical-rows.ts';
import { decodeQuestions } from './decode-questions.ts';

export type QuestionAnswer =
  | { readonly kind: 'rows'; readonly rows: readonly Question[] }
  | { readonly kind: 'refused'; readonly name: string; readonly message: string };

parentPort?.on('message', (path: string) => {
  decodeQuestions(path).then(
    (rows) => answer({ kind: 'rows', rows }),
    (error: unknown) => {
      if (!(error instanceof UserError || error instanceof TransientError)) throw error;
      answer({ kind: 'refused', name: error.name, message: error.message });
    },
  );
});

function answer(message: QuestionAnswer): void {
  parentPort?.postMessage(message);
}
