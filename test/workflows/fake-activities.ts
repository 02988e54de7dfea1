// Small activities in place of the real ones: units are numbers in a set, a pipeline is a list of nodes with a behaviour.
// What was called and how often is kept for the tests to look at.
import { Context, heartbeat } from '@temporalio/activity';
import { TransientError, UserError } from '../../formats/user-error.ts';
import type { QueueName } from '../../pipelines/plan.ts';
import type { Activities } from '../../temporal/worker.ts';
import type {
  FinishRunInput,
  LookUpInput,
  LookUpResult,
  PlannedRun,
  PlanPipelineInput,
  RunResult,
  ShardBeat,
  ShardInput,
  ShardResult,
} from '../../workflows/messages.ts';

export interface FakeNode {
  readonly id: string;
  readonly after?: readonly string[];
  readonly units: number;
  readonly shardUnits?: number;
  readonly queue?: QueueName;
  /** Runs at the start of a shard's attempt; throws or waits as the test needs. */
  readonly before?: (shard: number, attempt: number) => Promise<void> | void;
  /** Units that are not kept the first so many times they are computed. */
  readonly loses?: number;
}

export interface FakeWorld {
  readonly activities: Activities;
  readonly planned: PlanPipelineInput[];
  readonly lookUps: LookUpInput[];
  readonly shards: ShardInput[];
  readonly finished: FinishRunInput[];
  readonly done: Map<string, Set<number>>;
  /** How many units were computed, a unit as often as it was. */
  readonly computed: Map<string, number>;
  /** Shards under way now, and the most there were at once. */
  inFlight: number;
  mostInFlight: number;
}

export function fakeWorld(pipelines: { readonly [name: string]: readonly FakeNode[] }): FakeWorld {
  const nodes = new Map<string, FakeNode>(
    Object.entries(pipelines).flatMap(([name, list]) => list.map((node) => [`${name}/${node.id}`, node] as const)),
  );
  const lost = new Map<string, number>();
  const lists: { readonly shards: readonly (readonly number[])[]; readonly force: boolean }[] = [];
  const world: FakeWorld = {
    activities: {},
    planned: [],
    lookUps: [],
    shards: [],
    finished: [],
    done: new Map(),
    computed: new Map(),
    inFlight: 0,
    mostInFlight: 0,
  };

  const planPipeline = async (input: PlanPipelineInput): Promise<PlannedRun> => {
    world.planned.push(input);
    const list = pipelines[input.workflowType];
    if (list === undefined) throw new UserError(`no pipeline ${input.workflowType}; there are ${Object.keys(pipelines).join(', ')}`);
    return {
      plan: input.workflowType,
      pipeline: input.workflowType,
      nodes: list.map(({ id, after = [], units, queue = 'tstar' }) => ({
        id,
        step: 'fake-step',
        activity: 'fakeStep',
        queue,
        units,
        after,
      })),
      warnings: [],
      model: 'no-model',
      searchAttributes: ['TstarPipeline', 'TstarModel'],
    };
  };

  const lookUpUnits = async (input: LookUpInput): Promise<LookUpResult> => {
    world.lookUps.push(input);
    const name = `${input.plan}/${input.node}`;
    const { units, shardUnits = 1 } = nodes.get(name)!;
    const done = input.force ? new Set() : (world.done.get(name) ?? new Set());
    const missing = Array.from({ length: units }, (_, unit) => unit).filter((unit) => !done.has(unit));
    const base = { units, hits: units - missing.length, summary: `fake ${input.node}`, warnings: [] };
    if (missing.length === 0) return { ...base, index: `index of ${name}`, shards: null, shardCount: 0 };
    const shards = Array.from({ length: Math.ceil(missing.length / shardUnits) }, (_, at) =>
      missing.slice(at * shardUnits, (at + 1) * shardUnits),
    );
    lists.push({ shards, force: input.force === true });
    return { ...base, index: null, shards: `list ${lists.length - 1}`, shardCount: shards.length };
  };

  const fakeStep = async (input: ShardInput): Promise<ShardResult> => {
    const name = `${input.plan}/${input.node}`;
    const node = nodes.get(name)!;
    const { attempt } = Context.current().info;
    const startedAt = new Date().toISOString();
    world.shards.push(input);
    world.inFlight++;
    world.mostInFlight = Math.max(world.mostInFlight, world.inFlight);
    try {
      const { shards, force } = lists[Number(input.shards.split(' ')[1])]!;
      const units = shards[input.shard]!;
      const done = world.done.get(name) ?? new Set();
      world.done.set(name, done);
      // As the real steps do: what another has put meanwhile is a hit.
      const missing = force ? units : units.filter((unit) => !done.has(unit));
      heartbeat({ node: input.node, shard: input.shard, done: 0, total: 1, note: 'fake' } satisfies ShardBeat);
      await node.before?.(input.shard, attempt);
      const times = (lost.get(name) ?? 0) + 1;
      lost.set(name, times);
      world.computed.set(name, (world.computed.get(name) ?? 0) + missing.length);
      if (times > (node.loses ?? 0)) for (const unit of units) done.add(unit);
      const base = { units: units.length, hits: units.length - missing.length, computed: missing.length, warnings: [] };
      return { ...base, startedAt, endedAt: new Date().toISOString(), attempt, worker: 'fake' };
    } finally {
      world.inFlight--;
    }
  };

  const finishRun = async (input: FinishRunInput): Promise<RunResult> => {
    world.finished.push(input);
    return { run: input.run, status: input.status, dashboard: null, warnings: input.warnings };
  };

  Object.assign(world.activities, { planPipeline, lookUpUnits, fakeStep, finishRun });
  return world;
}

/** Fails as a network does, the first so many attempts. */
export function failingAttempts(count: number): (shard: number, attempt: number) => void {
  return (_, attempt) => {
    if (attempt <= count) throw new TransientError(`attempt ${attempt} lost its connection`);
  };
}

/** Works until it is told to stop; `onEnd` hears when. */
export function endless(onEnd: (atMs: number) => void): () => Promise<void> {
  return async () => {
    try {
      await Context.current().cancelled;
    } finally {
      onEnd(Date.now());
    }
  };
}
