// `tstar watch` and `tstar cancel`: a run on the server that is there (`tstar up`, or a cluster).
import { getRunRecord } from '../artifacts/run-index.ts';
import { connect } from '../temporal/connection.ts';
import { cancelRun } from '../temporal/list-runs.ts';
import { follow, report } from './follow.ts';
import { progressView } from './progress-view.ts';
import { runningServer } from './server.ts';
import { show } from './show.ts';
import { openWorkplace } from './workplace.ts';

export async function watch(run: string, options: { readonly json?: boolean }): Promise<number> {
  const { home, store, log } = await openWorkplace();
  // A finished run needs no server.
  if ((await getRunRecord(store, run, log)) !== undefined) return show(run, options);
  const open = await connect(await runningServer(home));
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  try {
    const { runId } = await open.client.workflow.getHandle(run).describe();
    const outcome = await follow({ open, run, view: progressView(process.stderr), signal: stop.signal });
    if (outcome === undefined) return 130;
    return await report({ open, store, run, temporalRunId: runId, outcome, json: options.json ?? false, log });
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
