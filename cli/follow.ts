// Following a run to its end: progress on stderr, then its results on stdout (tables, or one JSON document). Shared by `run`
// and `watch`.

import { getRunRecord } from '../artifacts/run-index.ts';
import type { Store } from '../artifacts/store.ts';
import type { OpenClient } from '../temporal/connection.ts';
import { runAddress } from '../temporal/run-address.ts';
import { type RunOutcome, watchRun } from '../temporal/watch-run.ts';
import { runError } from './error-document.ts';
import type { EventStream } from './events.ts';
import type { ProgressView } from './progress-view.ts';
import { resultDocument } from './result-document.ts';
import { renderResults } from './results-text.ts';
import { dashboardPath } from './show.ts';
import { printJson } from './workplace.ts';

export interface Followed {
  readonly open: OpenClient;
  readonly run: string;
  readonly view: ProgressView;
  readonly signal: AbortSignal;
  readonly events?: EventStream | undefined;
}

/** A worker that was just started takes this long to ask for work; until then a queue without one is no news. */
const WORKER_START_MS = 15_000;

/** How the run ended; undefined when the watching was given up before. */
export async function follow({ open, run, view, signal, events }: Followed): Promise<RunOutcome | undefined> {
  let saidWaiting = '';
  let waitingSinceMs = Date.now();
  const saidRetries = new Set<string>();
  try {
    for await (const seen of watchRun(open, run, { signal })) {
      if (seen.progress !== null) view.update(seen.progress, seen.kind === 'progress' ? seen.beats : []);
      events?.seen(seen);
      if (seen.kind === 'end') return seen.outcome;
      for (const { activity, attempt, message } of seen.retries) {
        const text = `${activity} failed and is tried again: ${message}`;
        if (attempt > 1 && !saidRetries.has(text)) {
          view.say(text);
          events?.tell(run, 'retry', { activity, attempt, message });
        }
        saidRetries.add(text);
      }
      const waiting = seen.waitingFor.join(', ');
      if (waiting === '') waitingSinceMs = Date.now();
      if (waiting === saidWaiting || (waiting !== '' && Date.now() - waitingSinceMs < WORKER_START_MS)) continue;
      saidWaiting = waiting;
      events?.tell(run, 'waiting', { queues: [...seen.waitingFor] });
      if (waiting !== '')
        view.say(`no worker serves ${waiting}: tstar worker ${seen.waitingFor.map((queue) => `--queue ${queue}`).join(' ')}`);
    }
    return undefined;
  } finally {
    view.done();
  }
}

export interface Report {
  readonly open: OpenClient;
  readonly store: Store;
  readonly run: string;
  readonly temporalRunId: string;
  readonly outcome: RunOutcome;
  readonly json: boolean;
  readonly events?: EventStream | undefined;
  readonly log: (text: string) => void;
}

/** Prints what came out; the exit code. */
export async function report({ open, store, run, temporalRunId, outcome, json, events, log }: Report): Promise<number> {
  const record = await getRunRecord(store, run, log);
  const dashboard = await dashboardPath({ store }, run);
  const message = outcome.status === 'done' ? null : outcome.message;
  const result =
    record === undefined
      ? { run, status: outcome.status, ...(message === null ? {} : { error: runError(message) }), dashboard }
      : resultDocument(record, dashboard);
  if (events !== undefined) events.tell(run, 'run-ended', { status: outcome.status, result });
  else if (json) printJson(result);
  else {
    if (record !== undefined && (outcome.status === 'done' || Object.keys(record.results).length > 0))
      process.stdout.write(`${renderResults(record)}\n\n`);
    if (dashboard !== null) process.stdout.write(`dashboard  ${dashboard}\n`);
    const address = runAddress(open.target, run, temporalRunId);
    if (address !== null) process.stdout.write(`run in UI  ${address}\n`);
  }
  if (message !== null) log(`${outcome.status}: ${message}`);
  if (outcome.status === 'done') return 0;
  return outcome.status === 'failed' && outcome.type === 'UserError' ? 2 : 1;
}
