// A shard: places in the store -> units put one by one. What is there already (an earlier attempt, another run) is left out;
// puts overlap with the step's work; the heartbeat says how far it is.
import { hostname } from 'node:os';
import { Context, sleep } from '@temporalio/activity';
import pLimit from 'p-limit';
import { addCost, type Coordinates, type Cost, NO_COST } from '../pipelines/plan.ts';
import type { StepDefinition, UnitResult } from '../pipelines/step.ts';
import type { ShardBeat, ShardInput, ShardResult } from '../workflows/messages.ts';
import { wholeManifest } from './find-units.ts';
import { openLeases, type UnitLeases } from './lease-units.ts';
import type { OpenList } from './open-list.ts';
import { putUnit } from './put-unit.ts';
import type { Services } from './services.ts';
import { unitCall } from './unit-call.ts';

/** Writes in flight: they wait for the disk, the step for the processor. */
const CONCURRENT_PUTS = 16;
/** Between two looks at units that another run computes. */
const LEASED_INTERVAL_MS = 250;

/** What a shard's work needs. */
interface Shard extends OpenList {
  readonly step: StepDefinition;
  readonly services: Services;
  readonly run: string;
}

export interface ShardRun {
  readonly step: StepDefinition;
  readonly services: Services;
  readonly input: ShardInput;
  readonly openList: (input: ShardInput) => Promise<OpenList>;
  readonly beat: (details: ShardBeat) => void;
}

export async function runShard({ step, services, input, openList, beat }: ShardRun): Promise<ShardResult> {
  const startedAt = new Date().toISOString();
  const shard = { ...(await openList(input)), step, services, run: input.run };
  const places = shard.list.shards[input.shard] ?? [];
  const missing = await missingUnits(shard, places);
  const tell = (done: number, under: UnderWay): void =>
    beat({ node: input.node, shard: input.shard, done, total: places.length, ...under });
  tell(places.length - missing.length, { note: '' });
  const { computed, cost, warnings } = await makeUnits(shard, missing, (left, under) => tell(places.length - left, under));
  return {
    units: places.length,
    hits: places.length - computed,
    computed,
    cost,
    startedAt,
    endedAt: new Date().toISOString(),
    attempt: Context.current().info.attempt,
    worker: `${hostname()}:${process.pid}`,
    warnings,
  };
}

async function missingUnits({ services, list, run, keyAt }: Shard, places: readonly Coordinates[]): Promise<readonly Coordinates[]> {
  const there = await Promise.all(
    places.map(async (place) => {
      const manifest = await wholeManifest(services.store, keyAt(place).key);
      return manifest !== undefined && (!list.force || manifest.run === run);
    }),
  );
  return places.filter((_, i) => !there[i]);
}

/** What a step says of the units under way. */
type UnderWay = Pick<ShardBeat, 'note' | 'tokens'>;

interface MadeUnits {
  readonly computed: number;
  readonly cost: Cost;
  /** What the step warned of. */
  readonly warnings: readonly string[];
}

/** Computes the units, but for those that another run computes just now: these are waited for, and taken over where it dies. */
async function makeUnits(shard: Shard, missing: readonly Coordinates[], tell: (left: number, under: UnderWay) => void): Promise<MadeUnits> {
  const leases = openLeases(shard.services.store);
  const keyOf = (place: Coordinates) => shard.keyAt(place).key;
  const warnings = new Set<string>();
  let computed = 0;
  let cost = NO_COST;
  const add = (of: Cost): void => {
    cost = addCost(cost, of);
  };
  try {
    for (let open = missing; open.length > 0; ) {
      const taken = await leases.take(open.map(keyOf));
      // Looked at again under the lease: its last holder may have put the unit meanwhile.
      const own = await missingUnits(
        shard,
        open.filter((place) => taken.has(keyOf(place))),
      );
      const others = open.filter((place) => !taken.has(keyOf(place)));
      await computeUnits(shard, own, { leases, warnings, add, tell: (done, under) => tell(others.length + own.length - done, under) });
      computed += own.length;
      await Promise.all([...taken].map((key) => leases.release(key)));
      if (others.length > 0) {
        tell(others.length, { note: 'another run computes the rest' });
        await sleep(LEASED_INTERVAL_MS);
      }
      open = await missingUnits(shard, others);
    }
    return { computed, cost, warnings: [...warnings] };
  } finally {
    await leases.close();
  }
}

interface Computing {
  readonly leases: UnitLeases;
  readonly warnings: Set<string>;
  readonly add: (cost: Cost) => void;
  readonly tell: (computed: number, under: UnderWay) => void;
}

/** Runs the step over the units and puts each as it comes. */
async function computeUnits(shard: Shard, missing: readonly Coordinates[], { leases, warnings, add, tell }: Computing): Promise<void> {
  if (missing.length === 0) return;
  const { step, services, node, indexes, sources, keyAt, run } = shard;
  const limit = pLimit(CONCURRENT_PUTS);
  const puts: Promise<void>[] = [];
  let computed = 0;
  let underWay: UnderWay = { note: '' };
  const putResult = async (result: UnitResult, durationMs: number): Promise<void> => {
    const key = keyAt(result.unit.coordinates);
    add(await putUnit(step, node, services, { result, key, durationMs, run, warnings: [...warnings] }));
    await leases.release(key.key);
    tell(++computed, underWay);
  };
  const call = {
    params: node.params,
    units: missing.map((coordinates) => unitCall(step, node, indexes, services.store, coordinates)),
    environment: node.environment,
    sources,
    services,
    signal: Context.current().cancellationSignal,
    progress: (detail: UnderWay) => {
      underWay = detail;
      tell(computed, underWay);
    },
    warn: (text: string) => void warnings.add(text),
  };
  try {
    let since = performance.now();
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
  if (computed !== missing.length) throw new Error(`${step.name} finished ${computed} of ${missing.length} units`);
}
