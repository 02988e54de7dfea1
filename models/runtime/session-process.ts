// The process that holds a model's sessions and runs the verbs: it may be killed at any moment, and ends with its parent.
// argv: the parent's process id. Started by open-session.ts; talks in session-messages.ts.
import { Worker } from 'node:worker_threads';
import { capture } from '../capture.ts';
import { captureSites } from '../capture-sites.ts';
import { compareLogits } from '../compare-logits.ts';
import type { Progress } from '../engine.ts';
import { type ForwardEngine, openForwardEngine } from '../forward-engine.ts';
import { inject } from '../inject.ts';
import { injectBySite } from '../inject-by-site.ts';
import { logits } from '../logits.ts';
import { score } from '../score.ts';
import { scoreAnswers } from '../score-answers.ts';
import type { AnswerMessage, CallMessage } from './session-messages.ts';

/** How often the watchdog looks for the parent. */
const WATCH_INTERVAL_MS = 500;

endWithParent(Number(process.argv[2]));
// Ctrl-C in a terminal goes to the whole group: whether what is under way is finished, the parent says.
process.on('SIGINT', () => undefined);
let engine: Promise<ForwardEngine> | undefined;
process.on('message', (message) => void answer(message as CallMessage));

async function answer(call: CallMessage): Promise<void> {
  try {
    engine ??= openForwardEngine(call.files, call.options);
    const opened = await engine;
    const progress: Progress = (note, tokens) => void send({ kind: 'progress', note, ...(tokens === undefined ? {} : { tokens }) });
    for await (const value of runVerb(opened, call, progress)) await send({ kind: 'value', value });
    await send({ kind: 'done' });
  } catch (error) {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    await send({ kind: 'failed', error: { name, message, ...(stack === undefined ? {} : { stack }) } });
  }
}

async function* runVerb(engine: ForwardEngine, call: CallMessage, progress: Progress): AsyncGenerator<unknown> {
  switch (call.verb) {
    case 'capture':
      return yield* capture(engine, call.request, { progress });
    case 'captureSites':
      return yield* captureSites(engine, call.request, { progress });
    case 'inject':
      return yield* inject(engine, call.request, { progress });
    case 'injectBySite':
      return yield* injectBySite(engine, call.request, { progress });
    case 'compareLogits':
      return yield* compareLogits(engine, call.request, { progress });
    case 'logits':
      return yield* logits(engine, call.request, { progress });
    case 'score':
      return yield* score(engine, call.request, { progress });
    case 'scoreAnswers':
      return yield* scoreAnswers(engine, call.request, { progress });
    case 'generate':
      return yield* engine.generate(call.request, { progress });
  }
}

/** Resolves when the message has left: a value waits in the channel, not in this process's memory, while the next is computed. */
function send(message: AnswerMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) process.exit(1);
    process.send(message, () => resolve());
  });
}

/**
 * A run blocks this thread for seconds, so that it would not notice a parent that is gone: a thread of its own looks whether
 * the process has been handed to another parent, and ends it at once.
 */
function endWithParent(parent: number): void {
  process.on('disconnect', () => process.exit(1));
  const watch = `setInterval(() => { if (process.ppid !== ${parent}) process.kill(process.pid, 'SIGKILL'); }, ${WATCH_INTERVAL_MS});`;
  new Worker(watch, { eval: true }).unref();
}
