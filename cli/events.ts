// `--json-events`: what happens to a run, one JSON object a line on stdout, for programs that follow it. The schema below is
// the documentation (`tstar schema --events` prints it). Events are differences between what was seen a second ago and now:
// each change is told once, in an order that adds up, also where a fast step starts and ends between two looks.
import { z } from 'zod';
import { UserError } from '../formats/user-error.ts';
import type { RunView } from '../temporal/watch-run.ts';
import type { NodeProgress, RunProgress, ShardBeat } from '../workflows/messages.ts';
import { doneUnits, secondsLeft } from '../workflows/time-left.ts';

const count = z.number().int().nonnegative();
const step = z.string().describe('id of the step in the pipeline');
const time = z.iso.datetime().describe('when this was seen (UTC)');
const run = z.string().describe('name of the run, its workflow id in Temporal');

const event = <Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, shape: Shape) =>
  z.object({ event: z.literal(kind), time, run, ...shape });

/** One line of `--json-events`. New kinds and new keys may be added: readers skip what they do not know. */
export const eventSchema = z.discriminatedUnion('event', [
  event('run-started', {
    pipeline: z.string(),
    temporalRunId: z.string(),
    attached: z.boolean().describe('an unfinished run of the same pipeline and input went on; nothing was started'),
    address: z.string().nullable().describe('the run in the Temporal UI'),
  }).describe('the first event; again with attached where the command went on with a server of its own'),
  event('planned', { steps: z.array(z.object({ step, type: z.string(), queue: z.string(), units: count })) }).describe(
    'the steps that the run has, each after those that it reads',
  ),
  event('step-started', { step, units: count }),
  event('step-progress', {
    step,
    done: count.describe('units that are there: hits, and those of shards done or under way'),
    units: count,
    hits: count.describe('units that were in the cache'),
    secondsLeft: z
      .number()
      .nonnegative()
      .nullable()
      .describe(
        'estimated until the step is done, as the progress on a terminal says it: from what was measured, before that from what such units cost in earlier runs; null where neither is known, or nothing is left',
      ),
    note: z.string().describe('what a shard under way last said of itself, or nothing'),
  }).describe('whenever the count of units, the note, or whether the time left is known has changed, at most once a second'),
  event('shard-done', { step, shard: count.describe('how many are done, this one included'), shards: count }),
  event('step-done', { step, units: count, hits: count, seconds: z.number().nonnegative() }),
  event('step-failed', { step }).describe('the reason is in run-ended'),
  event('warning', { text: z.string() }).describe('what a reader of the results must know'),
  event('retry', { activity: z.string(), attempt: count, message: z.string() }).describe(
    'an activity failed and is tried again; each message once',
  ),
  event('waiting', { queues: z.array(z.string()) }).describe(
    'queues with work and no worker for five seconds; an empty list where all are served again',
  ),
  event('interrupted', {
    outcome: z.enum(['left', 'kept', 'cancelled']).describe('left: it goes on elsewhere; kept: the same command goes on with it'),
  }).describe('the command was told to stop; a run-ended follows only where it cancelled the run'),
  event('run-ended', {
    status: z.enum(['done', 'failed', 'cancelled']),
    result: z.looseObject({ run, status: z.string() }).describe('the document of `tstar run --json`'),
  }).describe('the last event'),
]);
export type RunEvent = z.infer<typeof eventSchema>;
type Detail<Kind extends RunEvent['event']> = Omit<Extract<RunEvent, { readonly event: Kind }>, 'event' | 'time' | 'run'>;

export interface EventStream {
  tell<Kind extends RunEvent['event']>(run: string, event: Kind, detail: Detail<Kind>): void;
  /** Tells what has changed since the last view of the same run. */
  seen(view: Pick<RunView, 'progress'> & { readonly beats?: readonly ShardBeat[] }): void;
}

export interface EventOptions {
  readonly json?: boolean;
  readonly jsonEvents?: boolean;
  readonly detach?: boolean;
}

/** `--json-events`: its lines are all that stdout carries. */
export function eventsOf({ json, jsonEvents, detach }: EventOptions): EventStream | undefined {
  if (!jsonEvents) return undefined;
  if (json || detach) throw new UserError(`--json-events goes with neither --json nor --detach: its last event holds the document`);
  return openEvents((line) => void process.stdout.write(line));
}

interface SeenNode extends Pick<NodeProgress, 'state' | 'shardsDone' | 'done'> {
  readonly note: string;
  /** The time left changes with every look; that it is known does not. */
  readonly isLeftKnown: boolean;
}

const NOT_BEGUN: SeenNode = { state: 'waiting', done: 0, shardsDone: 0, note: '', isLeftKnown: false };

interface Seen {
  readonly nodes: Map<string, SeenNode>;
  readonly warnings: Set<string>;
}

export function openEvents(write: (line: string) => void, now: () => Date = () => new Date()): EventStream {
  const runs = new Map<string, Seen>();
  const tell: EventStream['tell'] = (name, kind, detail) => {
    write(`${JSON.stringify({ event: kind, time: now().toISOString(), run: name, ...detail })}\n`);
  };
  return {
    tell,
    seen({ progress, beats = [] }) {
      if (progress === null) return;
      const before = runs.get(progress.run) ?? { nodes: new Map(), warnings: new Set() };
      runs.set(progress.run, before);
      tellPlan(progress, before, tell);
      for (const warning of progress.warnings) {
        if (!before.warnings.has(warning)) tell(progress.run, 'warning', { text: warning });
        before.warnings.add(warning);
      }
      for (const node of progress.nodes) tellNode(progress.run, node, { beats, before, nowMs: now().getTime(), tell });
    },
  };
}

function tellPlan({ run: name, nodes }: RunProgress, before: Seen, tell: EventStream['tell']): void {
  if (nodes.length === 0 || before.nodes.size > 0) return;
  tell(name, 'planned', { steps: nodes.map(({ id, step: type, queue, units }) => ({ step: id, type, queue, units })) });
  for (const { id } of nodes) before.nodes.set(id, NOT_BEGUN);
}

interface Telling {
  readonly beats: readonly ShardBeat[];
  readonly before: Seen;
  readonly nowMs: number;
  readonly tell: EventStream['tell'];
}

function tellNode(name: string, node: NodeProgress, { beats, before, nowMs, tell }: Telling): void {
  const { id, units, hits, shards, shardsDone } = node;
  const last = before.nodes.get(id) ?? NOT_BEGUN;
  const own = beats.filter((beat) => beat.node === id);
  // What a lost worker had under way does not count any more; a count that falls is the next round's, or that.
  const done = node.state === 'running' ? doneUnits(node, own) : node.done;
  const left = secondsLeft(node, own, nowMs);
  const note = own.find((beat) => beat.note !== '')?.note ?? '';
  const now: SeenNode = { state: node.state, done, shardsDone, note, isLeftKnown: left !== null };
  before.nodes.set(id, now);
  if (last.state !== 'running' && node.state !== 'waiting' && last.state !== node.state) tell(name, 'step-started', { step: id, units });
  for (let shard = shardsDone < last.shardsDone ? 1 : last.shardsDone + 1; shard <= shardsDone; shard++)
    tell(name, 'shard-done', { step: id, shard, shards });
  if (hasMoved(last, now)) tell(name, 'step-progress', { step: id, done, units, hits, secondsLeft: left, note });
  if (last.state === node.state) return;
  if (node.state === 'done') tell(name, 'step-done', { step: id, units, hits, seconds: secondsOf(node) });
  if (node.state === 'failed') tell(name, 'step-failed', { step: id });
}

/** Within a unit that takes long too. */
function hasMoved(last: SeenNode, now: SeenNode): boolean {
  if (now.done !== last.done) return true;
  return now.state === 'running' && (now.note !== last.note || now.isLeftKnown !== last.isLeftKnown);
}

function secondsOf({ startedAt, endedAt }: NodeProgress): number {
  return startedAt === null || endedAt === null ? 0 : (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
}
