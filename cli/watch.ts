// `tstar watch` and `tstar cancel`: a run on the server that is there (`tstar up`, or a cluster).
import { getRunRecord } from '../artifacts/run-index.ts';
import { connect } from '../temporal/connection.ts';
import { cancelRun, explainRun } from '../temporal/list-runs.ts';
import { runAddress } from '../temporal/run-address.ts';
import { Interrupted } from './error-document.ts';
import { type EventOptions, eventsOf } from './events.ts';
import { follow, report } from './follow.ts';
import { progressView } from './progress-view.ts';
import { resultDocument } from './result-document.ts';
import { runningServer } from './server.ts';
import { dashboardPath, show } from './show.ts';
import { openWorkplace } from './workplace.ts';

export async function watch(run: string, options: EventOptions): Promise<number> {
  const events = eventsOf(options);
  const { home, store, log } = await openWorkplace();
  // A finished run needs no server.
  const record = await getRunRecord(store, run, log);
  if (record !== undefined && events !== undefined) {
    const result = resultDocument(record, await dashboardPath({ store }, run));
    events.tell(run, 'run-ended', { status: record.status, result });
    return record.status === 'done' ? 0 : 1;
  }
  if (record !== undefined) return show(run, options);
  const open = await connect(await runningServer(home));
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  try {
    const { runId, type } = await open.client.workflow
      .getHandle(run)
      .describe()
      .catch((error: unknown) => Promise.reject(explainRun(open, run, error)));
    events?.tell(run, 'run-started', {
      pipeline: type,
      temporalRunId: runId,
      attached: true,
      address: runAddress(open.target, run, runId),
    });
    const outcome = await follow({ open, run, view: progressView(process.stderr), events, signal: stop.signal });
    if (outcome === undefined) {
      events?.tell(run, 'interrupted', { outcome: 'left' });
      throw new Interrupted(`left; the run goes on. To follow it again: tstar watch ${run}`);
    }
    return await report({ open, store, run, temporalRunId: runId, outcome, json: options.json ?? false, events, log });
  } finally {
    await open.close();
  }
}

export async function cancel(run: string): Promise<number> {
  const { home, log } = await openWorkplace();
  const open = await connect(await runningServer(home));
  try {
    await cancelRun(open, run);
    log(`${run} is asked to stop; what is computed stays in the cache`);
    return 0;
  } finally {
    await open.close();
  }
}
