// The wrapper of every step: from a shard (places in the store) to units put one by one. It computes keys, leaves out what
// is there already (an earlier attempt, another run), beats every second, and sorts errors into retried and not retried.
import { hostname } from 'node:os';
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import pLimit from 'p-limit';
import { canonicalJson } from '../artifacts/canonical-json.ts';
import { compareCoordinates, type Index, indexLookUp } from '../artifacts/index-artifact.ts';
import type { UnitKey } from '../artifacts/key.ts';
import type { Manifest, ManifestOutput } from '../artifacts/manifest.ts';
import { TransientError, UserError } from '../formats/user-error.ts';
import { formatCoordinates, type PlanNode } from '../pipelines/plan.ts';
import type { Sources } from '../pipelines/sources.ts';
import type { StepDefinition, UnitCall, UnitResult } from '../pipelines/step.ts';
import type { ShardBeat, ShardInput, ShardResult } from '../workflows/messages.ts';
import { wholeManifest } from './find-units.ts';
import { machine, versions } from './machine.ts';
import { getIndexes, getPlan, getShardList, planNode } from './plan-store.ts';
import type { Services } from './services.ts';
import { type Indexes, unitKeys } from './unit-keys.ts';

const CONCURRENT_PUTS = 16;

/** The activity of one step type. */
export function stepActivity(step: StepDefinition, services: Services): (input: ShardInput) => Promise<ShardResult> {
  return (input) => runActivity(services, (beat) => runShard(step, services, input, beat));
}

/** Runs activity code with errors sorted by what a retry could change. The worker beats every second; `beat` says what a beat tells. */
export async function runActivity<T>(services: Pick<Services, 'log'>, work: (beat: (details: unknown) => void) => Promise<T>): Promise<T> {
  const context = Context.current();
  try {
    return await work((details) => context.heartbeat(details));
  } catch (error) {
    if (context.cancellationSignal.aborted) throw new CancelledFailure('cancelled', [], error instanceof Error ? error : undefined);
    throw sortError(error, services.log);
  }
}

async function runShard(
  step: StepDefinition,
  services: Services,
  input: ShardInput,
  beat: (details: ShardBeat) => void,
): Promise<ShardResult> {
  const { store } = services;
  const signal = Context.current().cancellationSignal;
  const startedAt = new Date().toISOString();
  const plan = await getPlan(store, input.plan);
  const node = planNode(plan, input.node);
  const sources = plan.sources as unknown as Sources;
  refuseOtherEnvironment(step, node, sources);
  const indexes = await getIndexes(store, node, input.indexes);
  const list = await getShardList(store, input.shards);
  const keyAt = unitKeys(node, indexes);
  const places = list.shards[input.shard] ?? [];
  const warnings = new Set<string>();

  const isThere = async (key: UnitKey['key']): Promise<boolean> => {
    const manifest = await wholeManifest(store, key);
    return manifest !== undefined && (!list.force || manifest.run === input.run);
  };
  const present = await Promise.all(places.map((place) => isThere(keyAt(place).key)));
  const missing = places.filter((_, i) => !present[i]);
  const hits = places.length - missing.length;
  let done = hits;
  let note = '';
  const tell = (): void => beat({ node: node.id, shard: input.shard, done, total: places.length, note });
  tell();

  const units = missing.map((coordinates) => unitCall(step, node, indexes, services, coordinates));
  let since = performance.now();
  const call = {
    params: node.params,
    units,
    environment: node.environment,
    sources,
    services,
    signal,
    progress: (detail: { readonly note: string }) => {
      note = detail.note;
      tell();
    },
    warn: (text: string) => void warnings.add(text),
  };
  // Puts wait for the disk (fsync), the step for the processor: they overlap, a few at a time.
  const limit = pLimit(CONCURRENT_PUTS);
  const puts: Promise<void>[] = [];
  const putResult = async (result: UnitResult, durationMs: number): Promise<void> => {
    await putUnit(step, node, services, {
      result,
      key: keyAt(result.unit.coordinates),
      durationMs,
      run: input.run,
      warnings: [...warnings],
    });
    done++;
    tell();
  };
  try {
    if (units.length > 0)
      for await (const result of step.run(call)) {
        const durationMs = performance.now() - since;
        since = performance.now();
        const put = limit(() => putResult(result, durationMs));
        put.catch(() => undefined); // Awaited below; a failing disk must not end the process before that.
        puts.push(put);
      }
  } finally {
    await Promise.allSettled(puts);
  }
  await Promise.all(puts);
  if (done !== places.length) throw new Error(`${step.name} finished ${done} of ${places.length} units`);
  const { attempt } = Context.current().info;
  return {
    units: places.length,
    hits,
    computed: missing.length,
    startedAt,
    endedAt: new Date().toISOString(),
    attempt,
    worker: `${hostname()}:${process.pid}`,
    warnings: [...warnings],
  };
}

/** Keys promise a numeric environment: a worker with another one must not fill them. Another worker may fit, so it is retried. */
function refuseOtherEnvironment(step: StepDefinition, node: PlanNode, sources: Sources): void {
  if (step.environment === undefined) return;
  const [planned, here] = [canonicalJson(node.environment), canonicalJson(step.environment(node.params as never, sources))];
  if (planned !== here)
    throw new TransientError(
      `this worker's numeric environment is not the plan's: planned ${planned}, here ${here}. Run a worker of the same version.`,
    );
}

function unitCall(
  step: StepDefinition,
  node: PlanNode,
  indexes: Indexes,
  { store }: Services,
  coordinates: UnitCall['coordinates'],
): UnitCall {
  const inputOf = (name: string) => {
    const [planned, declared] = [node.inputs[name], step.inputs[name]];
    if (planned === undefined || declared === undefined) throw new Error(`${step.name} has no input ${name} in this plan`);
    return { ...planned, type: declared.type, index: indexes.get(planned.node) as Index };
  };
  const decode = async (input: ReturnType<typeof inputOf>, entry: Index['entries'][number] | undefined): Promise<unknown> => {
    const digest = entry?.outputs[input.output];
    const bytes = digest === undefined ? undefined : await store.getObject(digest);
    if (bytes === undefined)
      throw new TransientError(
        `${input.node}.${input.output} at ${formatCoordinates(entry?.coordinates ?? coordinates)} was lost from the store; run the pipeline again to recompute it`,
      );
    return input.type.decode(bytes);
  };
  return {
    coordinates,
    read: async <T>(name: string) => {
      const input = inputOf(name);
      return (await decode(input, indexLookUp(input.index)(coordinates))) as T;
    },
    readAll: async <T>(name: string) => {
      const input = inputOf(name);
      const entries = [...input.index.entries].sort((a, b) => compareCoordinates(a.coordinates, b.coordinates));
      return Promise.all(entries.map(async (entry) => ({ coordinates: entry.coordinates, value: (await decode(input, entry)) as T })));
    },
  };
}

interface FinishedUnit {
  readonly result: UnitResult;
  readonly key: UnitKey;
  readonly durationMs: number;
  readonly run: string;
  readonly warnings: readonly string[];
}

async function putUnit(
  step: StepDefinition,
  node: PlanNode,
  { store }: Services,
  { result, key, durationMs, run, warnings }: FinishedUnit,
): Promise<void> {
  const outputs: Record<string, ManifestOutput> = {};
  for (const [name, type] of Object.entries(step.outputs)) {
    const bytes = type.encode(result.outputs[name]);
    outputs[name] = { digest: await store.putObject(bytes), sizeBytes: bytes.length, type: type.name, format: type.format };
  }
  const manifest = {
    key: key.key,
    components: key.components,
    outputs,
    params: node.params,
    startedAt: new Date(Date.now() - durationMs).toISOString(),
    durationMs,
    device: step.device === 'light' ? 'light' : String(node.params.device ?? 'cpu'),
    machine: machine(),
    versions: versions(),
    run,
    node: node.id,
    warnings: [...warnings],
  };
  await store.putManifest(manifest as unknown as Manifest);
}

/** A bug is tried again a few times, in case the world caused it, and then ends the run. */
const BUG_ATTEMPTS = 3;
/** Validators print every field of every row; the first lines say what is wrong. */
const MAX_MESSAGE_LETTERS = 600;

/** UserError: never again. TransientError: again, for as long as it takes. Anything else is a bug. */
function sortError(error: unknown, log: (text: string) => void): unknown {
  if (error instanceof ApplicationFailure) return error;
  if (error instanceof UserError) return ApplicationFailure.create({ message: error.message, type: 'UserError', nonRetryable: true });
  if (error instanceof TransientError) return ApplicationFailure.create({ message: error.message, type: 'TransientError' });
  const { attempt } = Context.current().info;
  const text = error instanceof Error ? error.message : String(error);
  const message = `${text.slice(0, MAX_MESSAGE_LETTERS)}${text.length > MAX_MESSAGE_LETTERS ? ' ...' : ''}`;
  if (error instanceof Error) log(`unexpected error (attempt ${attempt}): ${error.stack?.slice(0, 2 * MAX_MESSAGE_LETTERS) ?? message}`);
  return ApplicationFailure.create({ message, type: 'BugError', nonRetryable: attempt >= BUG_ATTEMPTS });
}
