// Live progress of a run on stderr: one line per step with units done, cache hits, rate and time left. In a terminal the
// lines are redrawn in place and stay as they are at the end; elsewhere a plain line is written when a step starts, ends,
// or has moved on for ten seconds.
import { createLogUpdate } from 'log-update';
import { byCell, splitNodeId } from '../pipelines/plan.ts';
import type { NodeProgress, RunProgress, ShardBeat } from '../workflows/messages.ts';
import { formatDuration } from './results-text.ts';

/** Without a terminal a running step says how far it is this often. */
const PLAIN_EVERY_MS = 10_000;

export interface ProgressView {
  update(progress: RunProgress, beats: readonly ShardBeat[]): void;
  /** A line for people, above the picture. */
  say(text: string): void;
  /** Leaves the last picture on the screen. */
  done(): void;
}

export function progressView(stream: NodeJS.WriteStream): ProgressView {
  return stream.isTTY ? livePicture(stream) : plainLines(stream);
}

function livePicture(stream: NodeJS.WriteStream): ProgressView {
  const draw = createLogUpdate(stream);
  let picture = '';
  return {
    update: (progress, beats) => {
      picture = pictureOf(progress.nodes, beats, Date.now());
      draw(picture);
    },
    say: (text) => {
      draw.clear();
      stream.write(`${text}\n`);
      if (picture !== '') draw(picture);
    },
    done: () => draw.done(),
  };
}

function plainLines(stream: NodeJS.WritableStream): ProgressView {
  const said = new Map<string, { readonly state: string; readonly atMs: number }>();
  return {
    update: (progress, beats) => {
      for (const node of progress.nodes) {
        const before = said.get(node.id);
        const nowMs = Date.now();
        const isDue = before?.state !== node.state || (node.state === 'running' && nowMs - before.atMs >= PLAIN_EVERY_MS);
        if (!isDue || (node.state === 'waiting' && before === undefined)) continue;
        said.set(node.id, { state: node.state, atMs: nowMs });
        const width = widthOf(progress.nodes.map(({ id }) => id));
        stream.write(`${stepLine(node, beatsOf(node, beats), nowMs, { name: node.id, width }).trimStart()}\n`);
      }
    },
    say: (text) => void stream.write(`${text}\n`),
    done: () => undefined,
  };
}

/** A line per step; a cell of a matrix that is done, or has not begun, is one line. */
export function pictureOf(nodes: readonly NodeProgress[], beats: readonly ShardBeat[], nowMs: number): string {
  const groups = byCell(nodes);
  const width = widthOf(groups.flatMap(({ cell, members }) => [cell, ...members.map(({ id }) => splitNodeId(id).step)]));
  const lines = groups.flatMap(({ cell, members }) => {
    const all = (state: NodeProgress['state']) => members.every((node) => node.state === state);
    if (cell !== '' && (all('done') || all('waiting'))) return [stepLine(sumOf(members), [], nowMs, { name: cell, width })];
    const steps = members.map((node) => stepLine(node, beatsOf(node, beats), nowMs, { name: splitNodeId(node.id).step, width }));
    return cell === '' ? steps : [`  ${cell}`, ...steps];
  });
  return lines.join('\n');
}

/** Nodes in the same state as one. */
function sumOf(members: readonly NodeProgress[]): NodeProgress {
  const sum = (field: 'units' | 'hits' | 'done' | 'shards' | 'shardsDone') => members.reduce((total, node) => total + node[field], 0);
  const times = (field: 'startedAt' | 'endedAt') => members.flatMap((node) => node[field] ?? []).sort();
  return {
    ...members[0]!,
    units: sum('units'),
    hits: sum('hits'),
    done: sum('done'),
    shards: sum('shards'),
    shardsDone: sum('shardsDone'),
    startedAt: times('startedAt')[0] ?? null,
    endedAt: times('endedAt').at(-1) ?? null,
  };
}

function widthOf(names: readonly string[]): number {
  return Math.max(16, ...names.map(({ length }) => length));
}

/** `  noisy          running  75/150  2.3/s  32.6 s left  noise at every Linear ...` */
export function stepLine(
  node: NodeProgress,
  beats: readonly ShardBeat[],
  nowMs: number,
  { name, width }: { readonly name: string; readonly width: number },
): string {
  const mark = { waiting: '·', running: '>', done: '✓', failed: '✗' }[node.state];
  const done = doneUnits(node, beats);
  const counts = node.state === 'waiting' ? '' : `${done}/${node.units}`;
  return `${mark} ${name.padEnd(width)} ${counts.padStart(11)}  ${remark(node, beats, done, nowMs)}`.trimEnd();
}

function remark(node: NodeProgress, beats: readonly ShardBeat[], done: number, nowMs: number): string {
  if (node.state === 'waiting') return 'waiting';
  const elapsed =
    node.startedAt === null ? 0 : ((node.endedAt === null ? nowMs : Date.parse(node.endedAt)) - Date.parse(node.startedAt)) / 1000;
  const hits = node.hits > 0 ? `${node.hits} from the cache` : '';
  if (node.state !== 'running') return [formatDuration(elapsed), hits].filter(Boolean).join(', ');
  const rate = elapsed > 0 ? (done - node.hits) / elapsed : 0;
  const left =
    rate > 0 ? `${rate.toFixed(rate < 10 ? 1 : 0)}/s, ${formatDuration((node.units - done) / rate)} left` : formatDuration(elapsed);
  const note = beats.find((beat) => beat.note !== '')?.note ?? (node.shards > node.shardsDone ? `queued on ${node.queue}` : '');
  return [left, hits, note].filter(Boolean).join(', ');
}

/** Units of finished shards come from the workflow, those of shards under way from their heartbeats. */
export function doneUnits(node: NodeProgress, beats: readonly ShardBeat[]): number {
  return Math.min(node.units, node.done + beats.reduce((total, beat) => total + beat.done, 0));
}

function beatsOf(node: NodeProgress, beats: readonly ShardBeat[]): readonly ShardBeat[] {
  return node.state === 'running' ? beats.filter((beat) => beat.node === node.id) : [];
}
