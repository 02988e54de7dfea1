// `tstar run`: checks the pipeline, uses the server and worker that are there or starts both for its own lifetime, starts (or
// attaches to) the run, follows it, prints its results and stops what it started.
import { grantPaths } from '../activities/spec-roots.ts';
import { TransientError } from '../formats/user-error.ts';
import { createHub } from '../hub/create-hub.ts';
import { readHubSettings } from '../hub/settings.ts';
import { fetchModel } from '../models/fetch-model.ts';
import { grpcCode, type OpenClient } from '../temporal/connection.ts';
import { hasWorker } from '../temporal/has-worker.ts';
import { cancelRun } from '../temporal/list-runs.ts';
import { runAddress } from '../temporal/run-address.ts';
import { diskAdvice } from '../temporal/server-database.ts';
import { type StartedRun, startRun } from '../temporal/start-run.ts';
import type { RunOutcome } from '../temporal/watch-run.ts';
import type { RunOptions as SentOptions } from '../workflows/messages.ts';
import { EXIT, Interrupted } from './error-document.ts';
import { type EventStream, eventsOf } from './events.ts';
import { follow, report } from './follow.ts';
import { type OwnWorker, startOwnWorker } from './own-worker.ts';
import { type GivenOnCommandLine, loadRequest, type PipelineRequest } from './pipeline-request.ts';
import { type ProgressView, progressView } from './progress-view.ts';
import { type SelectedSteps, type StepSelection, selectSteps } from './select-steps.ts';
import { type UsedServer, useServer } from './server.ts';
import { quoted } from './shell-words.ts';
import { dashboardPath } from './show.ts';
import { openWorkplace, printJson, type Workplace } from './workplace.ts';

export interface RunOptions extends StepSelection, GivenOnCommandLine {
  /** Modules that were named on the command line. */
  readonly steps?: readonly string[];
  readonly detach?: boolean;
  readonly json?: boolean;
  readonly jsonEvents?: boolean;
  readonly shardUnits?: number;
  readonly concurrency?: number;
}

/** A cancelled run is waited for this long before what runs it is stopped. */
const CANCEL_WAIT_MS = 2000;
/** Writing down what a cancelled run had: longer than the heartbeat by which a killed step is noticed. */
const RECORD_WAIT_MS = 25_000;
const SERVER_GONE = 'server gone';

export async function run(pipeline: string, options: RunOptions): Promise<number> {
  const events = eventsOf(options);
  // Anything wrong with the spec is said before a server is looked for.
  const request = await loadRequest(pipeline, options);
  const { shardUnits, concurrency } = options;
  const transport = { ...(shardUnits === undefined ? {} : { shardUnits }), ...(concurrency === undefined ? {} : { concurrency }) };
  const selected = { ...selectSteps(request, options), ...transport };
  const workplace = await openWorkplace();
  const interrupt = interruptions();
  for (;;) {
    const code = await runOnce({ pipeline, options, request, selected, workplace, interrupt, events });
    if (code !== SERVER_GONE) return code;
    workplace.log('the Temporal server is gone (the run that had started it is over, or it crashed); going on with one of our own');
  }
}

interface Attempt {
  readonly pipeline: string;
  readonly options: RunOptions;
  readonly request: PipelineRequest;
  readonly selected: SelectedSteps & Pick<SentOptions, 'shardUnits' | 'concurrency'>;
  readonly workplace: Workplace;
  readonly interrupt: Interruptions;
  readonly events: EventStream | undefined;
}

/** Follows the run as long as its server lasts: the exit code, or SERVER_GONE where the next attempt attaches to the run. */
async function runOnce({
  pipeline,
  options,
  request,
  selected,
  workplace,
  interrupt,
  events,
}: Attempt): Promise<number | typeof SERVER_GONE> {
  const view = progressView(process.stderr);
  let server: UsedServer | undefined;
  let worker: OwnWorker | undefined;
  try {
    server = await useServer({ home: workplace.home, log: workplace.log, signal: interrupt.first });
    if (server.owner === 'ours' || !(await hasWorker(server.open, 'tstar'))) {
      if (options.detach) workplace.log('nobody serves the queues of this server yet: the run waits for `tstar worker` or `tstar up`');
      else {
        await fetchModels(request, workplace, interrupt.first);
        worker = startOwnWorker({ home: workplace.home, queues: queuesOf(request), log: view.say });
      }
    }
    await grantPaths(request.requested, { store: workplace.store, request });
    const started = await startRun(server.open, {
      workflowType: request.workflowType,
      pipeline: request.spec.name,
      input: request.input,
      options: selected,
    });
    sayStarted(server, started, workplace);
    const { run: name, ...about } = started;
    events?.tell(name, 'run-started', {
      pipeline: request.spec.name,
      ...about,
      address: runAddress(server.open.target, name, about.temporalRunId),
    });
    if (options.detach) {
      if (options.json) printJson({ run: started.run, status: 'running' });
      else process.stdout.write(`${started.run}\n`);
      return EXIT.done;
    }
    return await attend({
      server,
      worker,
      started,
      view,
      workplace,
      interrupt,
      json: options.json ?? false,
      events,
      command: commandOf(pipeline, options, selected),
    });
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    if (interrupt.first.aborted) throw new Interrupted(`interrupted. To go on: ${commandOf(pipeline, options, selected)}`);
    if (server?.gone.aborted) return SERVER_GONE;
    if (!(error instanceof TransientError) || grpcCode(error) === null) throw error;
    const advice = await diskAdvice(workplace.home);
    throw new TransientError(`${error.message}${advice}. To go on: ${commandOf(pipeline, options, selected)}`, { cause: error });
  } finally {
    // Without a server there is nobody to hand units back to; what is put stays put.
    await (server?.gone.aborted ? worker?.kill() : worker?.drain());
    // The connection is left to the process's end: a call that is being tried again throws on a closed one, out of reach.
    await server?.stop();
  }
}

interface Attended {
  readonly server: UsedServer;
  readonly worker: OwnWorker | undefined;
  readonly started: StartedRun;
  readonly view: ProgressView;
  readonly workplace: Workplace;
  readonly interrupt: Interruptions;
  readonly json: boolean;
  readonly events: EventStream | undefined;
  /** That goes on with this run. */
  readonly command: string;
}

/** Follows the run to its end, or to the first Ctrl-C: the run is kept, a second Ctrl-C cancels it. */
async function attend({
  server,
  worker,
  started,
  view,
  workplace,
  interrupt,
  json,
  events,
  command,
}: Attended): Promise<number | typeof SERVER_GONE> {
  const { open, gone } = server;
  const { store, log } = workplace;
  const ends = [interrupt.first, gone, ...(worker === undefined ? [] : [worker.gone])];
  const outcome = await follow({ open, run: started.run, view, events, signal: AbortSignal.any(ends) });
  if (outcome !== undefined) return report({ open, store, ...started, outcome, json, events, log });
  if (gone.aborted && !interrupt.first.aborted) return SERVER_GONE;
  if (worker?.gone.aborted && !interrupt.first.aborted) {
    events?.tell(started.run, 'interrupted', { outcome: 'kept' });
    throw new TransientError(`${worker.gone.reason}; ${started.run} is kept (tstar doctor examines this machine). To go on: ${command}`);
  }
  if (server.owner === 'theirs' && worker === undefined) {
    events?.tell(started.run, 'interrupted', { outcome: 'left' });
    throw new Interrupted(`left; the run goes on. To follow it again: tstar watch ${started.run}`);
  }
  log('stopping after the units under way; the run is kept (Ctrl-C again cancels it)');
  const drained = worker?.drain() ?? Promise.resolve();
  const cancelled = await Promise.race([drained.then(() => false), interrupt.second.then(() => true)]);
  events?.tell(started.run, 'interrupted', { outcome: cancelled ? 'cancelled' : 'kept' });
  if (!cancelled) throw new Interrupted(`${started.run} is kept. To go on: ${command}`);
  await cancelRun(open, started.run).catch((error: Error) => log(error.message));
  await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, CANCEL_WAIT_MS))]);
  await worker?.kill();
  log(`${started.run} is cancelled; what it computed stays in the cache. Its record and dashboard are written (Ctrl-C leaves them out)`);
  const ended = await endCancelled({ open, run: started.run, view, events, interrupt, home: workplace.home });
  if (ended === undefined) throw new Interrupted(`${started.run}: its record could not be written in time, and there is no dashboard`);
  if (json || events !== undefined) await report({ open, store, ...started, outcome: ended, json, events, log });
  else log(`dashboard  ${await dashboardPath(workplace, started.run)}`);
  return EXIT.interrupted;
}

interface Cancelled {
  readonly open: OpenClient;
  readonly run: string;
  readonly view: ProgressView;
  readonly events: EventStream | undefined;
  readonly interrupt: Interruptions;
  readonly home: string;
}

/** A cancelled run has a record and a dashboard as well: a fresh worker writes them. Undefined where time or patience ran out. */
async function endCancelled({ open, run, view, events, interrupt, home }: Cancelled): Promise<RunOutcome | undefined> {
  const worker = startOwnWorker({ home, queues: ['tstar'], log: view.say });
  const signal = AbortSignal.any([interrupt.third, AbortSignal.timeout(RECORD_WAIT_MS)]);
  const outcome = await follow({ open, run, view, events, signal }).catch(() => undefined);
  await worker.kill();
  return outcome;
}

function commandOf(pipeline: string, { set, matrix, steps = [] }: RunOptions, { until = [] }: SelectedSteps): string {
  const given = [
    ...steps.flatMap((file) => ['--steps', file]),
    ...set.flatMap((text) => ['--set', text]),
    ...matrix.flatMap((text) => ['--matrix', text]),
  ];
  const words = [pipeline, ...given, ...until.flatMap((id) => ['--until', id])];
  return `tstar run ${words.map(quoted).join(' ')}`;
}

function sayStarted({ open }: UsedServer, { run: name, temporalRunId, attached }: StartedRun, { log }: Workplace): void {
  const address = runAddress(open.target, name, temporalRunId);
  log(`${attached ? 'going on with' : 'run'} ${name}${address === null ? '' : `\n  ${address}`}`);
}

/** Here the download can show its progress; the worker then finds the files in the cache. */
async function fetchModels(request: PipelineRequest, { log }: Workplace, signal: AbortSignal): Promise<void> {
  const hub = createHub({ ...readHubSettings(process.env), fetch, log });
  for (const name of request.requested.models) await fetchModel(name, { hub, signal, onProgress: log });
}

/** A pipeline that asks for CUDA gets a worker that serves it; whether the machine can is said by the first session. */
function queuesOf({ params, matrix }: PipelineRequest): readonly string[] {
  return [params.device, ...(matrix.device ?? [])].includes('cuda') ? ['tstar', 'tstar-cpu', 'tstar-cuda'] : ['tstar', 'tstar-cpu'];
}

interface Interruptions {
  readonly first: AbortSignal;
  readonly second: Promise<void>;
  readonly third: AbortSignal;
}

/** SIGTERM counts as the first Ctrl-C: drain and keep the run. */
function interruptions(): Interruptions {
  const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()];
  const onSignal = (): void => [first, second, third].find(({ signal }) => !signal.aborted)?.abort();
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const again = new Promise<void>((resolve) => second.signal.addEventListener('abort', () => resolve()));
  return { first: first.signal, second: again, third: third.signal };
}
