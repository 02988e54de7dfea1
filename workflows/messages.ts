// What travels between workflows, activities and clients. Types only. Payloads carry names, numbers and digests, never
// data: nothing here grows with the size of a run's data.
import type { Cost, Json, QueueName } from '../pipelines/plan.ts';
import type { TokenCount } from '../pipelines/step.ts';

/** What a person types into the UI's form for a named pipeline (`{ "promptCount": 20 }`), or `{ spec, params }` for `runPipeline`. */
export type RunInput = { readonly [name: string]: Json };

/** How a client that is not the UI's form says more than params; travels in the workflow's memo-free second argument. */
export interface RunOptions {
  /** Steps to run again although their units are there. */
  readonly force?: readonly string[];
  /** Stop after these steps (ids in the pipeline). */
  readonly until?: readonly string[];
  /** Units that may be in flight at once per queue (shards, at least 1). */
  readonly concurrency?: number;
  /** At most so many units in one shard, where a step's own limit is higher. Changes no result. */
  readonly shardUnits?: number;
}

// --- planPipeline (queue tstar) ---
export interface PlanPipelineInput {
  /** The workflow type: a pipeline's name, or `runPipeline`. */
  readonly workflowType: string;
  readonly input: RunInput;
  /** Temporal workflow id: the run's name. */
  readonly run: string;
  /** Steps that run again although their units are there: they cost something too. */
  readonly force?: readonly string[];
}
export interface PlannedNode {
  readonly id: string;
  readonly step: string;
  /** Activity type of its shards. */
  readonly activity: string;
  readonly queue: QueueName;
  readonly units: number;
  /** Ids of the nodes that it reads. */
  readonly after: readonly string[];
  /** What one unit cost before, where that is recorded. */
  readonly unitCost?: UnitCost;
}
export interface UnitCost {
  readonly seconds: number;
  /** null: none of its step generates tokens. */
  readonly tokens: number | null;
}
export interface PlannedRun {
  /** Digest of the plan object in the store. */
  readonly plan: string;
  readonly pipeline: string;
  readonly nodes: readonly PlannedNode[];
  readonly warnings: readonly string[];
  /** For search attributes. */
  readonly model: string;
  /** Search attributes that the server knows: only these may be upserted. */
  readonly searchAttributes: readonly string[];
}

// --- lookUpUnits (queue tstar): which units of a node are there, and shards of those that are not ---
export interface LookUpInput {
  readonly plan: string;
  readonly node: string;
  /** Digests of the indexes of the nodes that it reads, by node id. */
  readonly indexes: { readonly [node: string]: string };
  /** Compute all units although they are there (`--force`); only for a node's first look-up. */
  readonly force?: boolean;
  readonly shardUnits?: number;
  readonly run: string;
}
export interface LookUpResult {
  /** Digest of the node's index when every unit is there, else null. */
  readonly index: string | null;
  readonly units: number;
  readonly hits: number;
  /** Digest of the shard list (an object in the store), null when nothing is missing. */
  readonly shards: string | null;
  readonly shardCount: number;
  /** One line per shard for the UI is made by the activity; here one for all: `calibrate T=0.5..1.2 prompts 0-9`. */
  readonly summary: string;
  /** What the units that are there were computed with warnings about, each text once. */
  readonly warnings: readonly string[];
}

// --- one activity type per step (queue of the node) ---
export interface ShardInput {
  readonly plan: string;
  readonly node: string;
  readonly indexes: { readonly [node: string]: string };
  readonly shards: string;
  /** Place in the shard list. */
  readonly shard: number;
  readonly run: string;
}
export interface ShardResult {
  readonly units: number;
  /** Units that were there already when the attempt started (another run, an earlier attempt). */
  readonly hits: number;
  readonly computed: number;
  /** Of the units that were computed; workers of earlier versions do not say it. */
  readonly cost?: Cost;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly attempt: number;
  readonly worker: string;
  readonly warnings: readonly string[];
}
/** Heartbeat details of a shard. */
export interface ShardBeat {
  readonly node: string;
  readonly shard: number;
  readonly done: number;
  readonly total: number;
  readonly note: string;
  readonly tokens?: TokenCount;
}

// --- finishRun (queue tstar): writes run.json, renders the dashboard ---
export interface FinishRunInput {
  readonly run: string;
  readonly temporalRunId: string;
  readonly workflowType: string;
  readonly input: RunInput;
  readonly plan: string | null;
  readonly status: 'done' | 'failed' | 'cancelled';
  readonly error: string | null;
  readonly startedAt: string;
  readonly nodes: readonly FinishedNode[];
  readonly warnings: readonly string[];
}
export interface FinishedNode {
  readonly id: string;
  readonly index: string | null;
  readonly units: number;
  readonly hit: number;
  readonly computed: number;
  /** Of the units that were computed. */
  readonly cost?: Cost;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** At most the last 500 shards of a node; longer runs read the rest from manifests. */
  readonly shards: readonly {
    readonly startedAt: string;
    readonly endedAt: string;
    readonly units: number;
    readonly attempt: number;
    readonly worker: string;
  }[];
}
export interface RunResult {
  readonly run: string;
  readonly status: 'done' | 'failed' | 'cancelled';
  /** Path or address of the dashboard in the store, null where it could not be rendered. */
  readonly dashboard: string | null;
  readonly warnings: readonly string[];
}

/** Details of a failure of type `LostArtifact`: the store has lost what it had. The run has it made again and goes on. */
export interface Lost {
  /** For people: `noisy.states at prompt=3`. */
  readonly what: string;
  /** The plan object itself. */
  readonly plan: boolean;
  /** Nodes whose index or units must be looked up again; none where the reader's own look-up is enough. */
  readonly nodes: readonly string[];
}

/** The activities that every run calls by name, whatever its steps are; all on queue `tstar`. */
export interface RunActivities {
  planPipeline(input: PlanPipelineInput): Promise<PlannedRun>;
  lookUpUnits(input: LookUpInput): Promise<LookUpResult>;
  finishRun(input: FinishRunInput): Promise<RunResult>;
}

// --- the `progress` query ---
export interface NodeProgress {
  readonly id: string;
  readonly step: string;
  readonly queue: QueueName;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  readonly units: number;
  readonly hits: number;
  readonly done: number;
  readonly shards: number;
  readonly shardsDone: number;
  /** Tokens that finished shards generated. */
  readonly tokens?: number;
  readonly unitCost?: UnitCost;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}
export interface RunProgress {
  readonly run: string;
  readonly pipeline: string;
  readonly state: 'planning' | 'running' | 'finishing' | 'done' | 'failed' | 'cancelled';
  readonly nodes: readonly NodeProgress[];
  readonly warnings: readonly string[];
}
